package io.presage.worker.batching;

/// When the next calls are to be expected. Two things are known of callers: how often they come (the mean gap
/// between arrivals), and that those who have just been answered come back (the echo: how long after a turn's
/// answers as many calls have come). One thread, or under its owner's lock.
final class Arrivals {
    /// A pause counts as at most this; so does an echo that never came.
    static final long NANOS_MAX = 5_000_000_000L;

    private static final int GAPS = 16;
    private static final int ECHOES = 4;
    private static final double ECHO_SHARE = 0.2;

    private double gapNanos = NANOS_MAX;
    private double echoNanos = NANOS_MAX;
    private long lastNanos;
    private boolean isFirst = true;
    private long answeredNanos;
    private int answeredRows;
    private int returnedRows;
    /// Of the turn before the last one, not back when that ended.
    private int earlierRows;

    private long earlierLateNanos;

    /// A call of so many rows has come.
    void arrived(int rows, long nowNanos) {
        // Calls are prepared side by side: one may be submitted after a later one.
        if (isFirst || nowNanos - lastNanos > 0) {
            gapNanos += isFirst ? 0 : (Math.min(nowNanos - lastNanos, NANOS_MAX) - gapNanos) / GAPS;
            lastNanos = nowNanos;
            isFirst = false;
        } else {
            gapNanos -= gapNanos / GAPS;
        }
        if (returnedRows < answeredRows) {
            returnedRows += rows;
            if (returnedRows >= answeredRows) {
                echo(nowNanos - answeredNanos);
            }
        } else {
            earlierRows = Math.max(0, earlierRows - rows);
        }
    }

    /// A turn that answered so many rows has ended.
    void answered(int rows, long nowNanos) {
        if (returnedRows < answeredRows) {
            earlierRows = answeredRows - returnedRows;
            earlierLateNanos = echoLateNanos();
            echo(Math.max(nowNanos - answeredNanos, (long) echoNanos));
        }
        answeredNanos = nowNanos;
        answeredRows = rows;
        returnedRows = 0;
    }

    private void echo(long nanos) {
        echoNanos += (Math.clamp(nanos, 0, NANOS_MAX) - echoNanos) / ECHOES;
    }

    /// A wait for company has ended without any, or without all of it: where callers were many a moment ago,
    /// there may be one left.
    void awaitedInVain(long nowNanos) {
        gapNanos = Math.max(gapNanos, 2.0 * (nowNanos - lastNanos));
        if (returnedRows > 0) {
            echo(nowNanos - answeredNanos);
        } else {
            echoNanos = Math.max(echoNanos, 2.0 * (nowNanos - answeredNanos));
        }
        answeredRows = returnedRows;
        earlierRows = 0;
    }

    /// Expected time to the next arrival.
    long gapNanos() {
        return (long) gapNanos;
    }

    /// Rows that were answered last and have not come back; with those of the turn before, until they are late.
    int echoRows(long nowNanos) {
        return Math.max(0, answeredRows - returnedRows) + (earlierLateNanos - nowNanos > 0 ? earlierRows : 0);
    }

    /// When they are late.
    long echoLateNanos() {
        return answeredNanos + 2 * (long) echoNanos;
    }

    /// When they are expected, all of them.
    long echoAtNanos() {
        return answeredNanos + (long) echoNanos;
    }

    /// Whether those who are answered usually come back within `nanos`, together: in a fifth of the time in which
    /// as many calls come by the mean gap. Calls of callers that do not wait for answers only seem to.
    boolean isEcho(double nanos) {
        return echoNanos < nanos && echoNanos < ECHO_SHARE * gapNanos * answeredRows;
    }
}
