package io.presage.worker.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.versions.Demand;
import io.presage.worker.versions.ServedVersion;
import io.presage.worker.versions.VersionKey;

/// A predict call whose version gave its memory away: it waits, its body unread, until the version is back, and
/// then
/// goes the way of every other. On the event loop of its connection, but for what [Demand] says.
///
/// What has come of the body already lies in the connection's buffers; room for that is reserved while it waits.
final class DormantCall implements Demand {
    /// A connection reads at most so much ahead of a body that nobody takes.
    private static final long AHEAD_BYTES_MAX = 1 << 20;

    private final LoopHandler loop;
    private final Exchange exchange;
    private final long deadlineNanos;
    private final long reserved;
    private boolean isGone;

    DormantCall(LoopHandler loop, Exchange exchange, long deadlineNanos) {
        this.loop = loop;
        this.exchange = exchange;
        this.deadlineNanos = deadlineNanos;
        long length = exchange.head().contentLength();
        this.reserved = length < 0 ? AHEAD_BYTES_MAX : Math.min(length, AHEAD_BYTES_MAX);
    }

    /// @throws ProblemException when it cannot wait here
    void await(VersionKey key) {
        if (!loop.callBegins()) {
            exchange.closeAfter();
            throw ProblemException.retryAfter(Problem.SHUTTING_DOWN, "this worker is stopping", 1);
        }
        if (!loop.shared().budget().tryReserve(reserved)) {
            loop.callEnded();
            throw loop.overloaded();
        }
        try {
            loop.shared().versions().demand(key, this);
        } catch (ProblemException e) {
            end();
            throw e;
        }
        // The answer comes through this very event loop: not before this is done.
        exchange.request().pause();
        exchange.request().exceptionHandler(_ -> isGone = true);
        exchange.bodyArrived();
    }

    @Override
    public long deadlineNanos() {
        return deadlineNanos;
    }

    @Override
    public void ready(ServedVersion version) {
        loop.onLoop(() -> {
            end();
            if (!isGone()) {
                exchange.bodyAwaited();
                loop.resume(exchange, version);
                exchange.request().resume();
            }
            version.release();
        });
    }

    @Override
    public void refused(ProblemException why) {
        loop.onLoop(() -> {
            end();
            if (!isGone()) {
                loop.refuse(exchange, why);
                exchange.request().resume();
            }
        });
    }

    private boolean isGone() {
        return isGone || exchange.request().response().closed();
    }

    private void end() {
        loop.shared().budget().release(reserved);
        loop.callEnded();
    }
}
