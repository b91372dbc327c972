package io.presage.api.replicas;

/// How often a replica was ejected lately, and until when it is out. Each ejection takes twice as long as the
/// one before; one is forgotten for each time as long as the last that the replica stays in afterwards.
/// Immutable; pure.
///
/// @param count not forgotten yet
/// @param lastNanos how long the last one took
/// @param untilNanos when it ended, or will
record Ejections(int count, long lastNanos, long untilNanos) {
    static final Ejections NONE = new Ejections(0, 0, 0);

    Ejections ejected(EjectionPolicy.Terms terms, long nowNanos) {
        int remembered = at(nowNanos).count;
        long time = terms.timeNanos();
        for (int i = 0; i < remembered && time < terms.timeMaxNanos(); i++) {
            time *= 2;
        }
        time = Math.min(time, terms.timeMaxNanos());
        return new Ejections(remembered + 1, time, nowNanos + time);
    }

    boolean isOut(long nowNanos) {
        return count > 0 && untilNanos - nowNanos > 0;
    }

    private Ejections at(long nowNanos) {
        if (count == 0 || nowNanos - untilNanos < lastNanos) {
            return this;
        }
        long forgotten = (nowNanos - untilNanos) / lastNanos;
        return forgotten >= count ? NONE : new Ejections((int) (count - forgotten), lastNanos, untilNanos);
    }
}
