package io.presage.api.replicas;

/// Who is let in when there is not room for all. Each class has a part of the limit that nobody else may use,
/// so that none is ever shut out. The rest is for whoever comes, but lower classes leave the last of it free:
/// under overload the higher class fills it, and without one the limit itself grows to make up for what stays
/// free ("trunk reservation" of the telephone networks). Immutable; pure.
///
/// @param highPercent of the limit
/// @param normalPercent of the limit
/// @param lowPercent of the limit
record Shares(int highPercent, int normalPercent, int lowPercent) {
    /// Of the limit: what calls of normal and of low priority leave free for higher ones.
    private static final double NORMAL_LEAVES = 0.05;

    private static final double LOW_LEAVES = 0.1;

    /// `inFlight` calls of each class are in; is there room for one more of `priority`?
    boolean admits(Priority priority, int limit, int[] inFlight) {
        int own = inFlight[priority.ordinal()] + 1;
        if (own <= reserved(priority, limit)) {
            return true;
        }
        double taken = own;
        for (var other : CLASSES) {
            if (other != priority) {
                taken += Math.max(inFlight[other.ordinal()], reserved(other, limit));
            }
        }
        return taken <= limit - leaves(priority) * limit;
    }

    private static final Priority[] CLASSES = Priority.values();

    private int reserved(Priority priority, int limit) {
        int percent = switch (priority) {
            case HIGH -> highPercent;
            case NORMAL -> normalPercent;
            case LOW -> lowPercent;
        };
        return Math.ceilDiv(limit * percent, 100);
    }

    private static double leaves(Priority priority) {
        return switch (priority) {
            case HIGH -> 0;
            case NORMAL -> NORMAL_LEAVES;
            case LOW -> LOW_LEAVES;
        };
    }
}
