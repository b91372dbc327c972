package io.presage.api.http;

/// How many HTTP/2 frames a connection may send that make the server work and carry no call: pings, settings,
/// priorities, frames of unknown kinds (CVE-2019-9512, -9513, -9515). So many at once, so many a second, and
/// one more for each frame of a call, because clients measure their path with a ping for the data they send.
/// Pure; one thread.
final class FrameBudget {
    static final int BURST = 1000;
    static final int PER_SECOND = 100;

    private double left = BURST;
    private long refilledNanos;

    FrameBudget(long nowNanos) {
        this.refilledNanos = nowNanos;
    }

    /// False when this frame is one too many.
    boolean trySpend(long nowNanos) {
        left = Math.min(BURST, left + (nowNanos - refilledNanos) * 1e-9 * PER_SECOND);
        refilledNanos = nowNanos;
        if (left < 1) {
            return false;
        }
        left -= 1;
        return true;
    }

    /// A frame of a call came.
    void earn() {
        left = Math.min(BURST, left + 1);
    }
}
