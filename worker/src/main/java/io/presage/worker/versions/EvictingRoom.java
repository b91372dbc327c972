package io.presage.worker.versions;

import io.presage.contract.state.Failure;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/// Room in the budget, made by evicting others where need be. Loader threads, one at a time: what one has
/// cleared is
/// not snatched by the next.
///
/// A victim's memory counts as free only when the victim is closed, which is done here, by the thread that
/// wants the
/// memory.
final class EvictingRoom {
    /// Victims may be called before they are shut; then others are looked for.
    private static final int ROUNDS_MAX = 8;

    private final MemoryBudget memory;
    private final Residents residents;
    private final ReentrantLock lock = new ReentrantLock(true);

    EvictingRoom(MemoryBudget memory, Residents residents) {
        this.memory = memory;
        this.residents = residents;
    }

    /// Those who may have to go.
    interface Residents {
        sealed interface Cleared {
            /// No longer called; to be closed by who asked.
            record Evicted(List<ServedVersion> versions) implements Cleared {}

            record Refused(Room.Why why, long untilNanos) implements Cleared {}
        }

        /// Takes versions of together at least `bytesMissing` bytes out of service, or none.
        ///
        /// @param isForCall calls wait for what is to be loaded
        Cleared clear(long bytesMissing, boolean isForCall);

        /// Frees what [#clear] gave.
        void close(ServedVersion version);
    }

    Room.Answer take(long bytes, boolean isForCall) throws InterruptedException {
        if (bytes > memory.bytesMax()) {
            return full(Room.Why.TOO_LARGE, bytes, 0);
        }
        lock.lockInterruptibly();
        try {
            for (int round = 0; round < ROUNDS_MAX; round++) {
                var reservation = memory.reserve(bytes);
                if (reservation.isPresent()) {
                    return new Room.Answer.Granted(reservation.get());
                }
                switch (residents.clear(memory.missing(bytes), isForCall)) {
                    case Residents.Cleared.Evicted(var versions) -> versions.forEach(residents::close);
                    case Residents.Cleared.Refused(var why, long untilNanos) -> {
                        return full(why, bytes, untilNanos);
                    }
                }
            }
            return full(Room.Why.IN_USE, bytes, 0);
        } finally {
            lock.unlock();
        }
    }

    /// Something took more than was reserved for it: others go until all fit again, if any can.
    void relieve() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long missing = memory.missing(0);
            if (missing > 0 && residents.clear(missing, false) instanceof Residents.Cleared.Evicted(var versions)) {
                versions.forEach(residents::close);
            }
        } finally {
            lock.unlock();
        }
    }

    private Room.Answer full(Room.Why why, long bytes, long untilNanos) {
        var evidence = "needs about " + bytes + " bytes; " + memory.bytesUsed() + " of " + memory.bytesMax()
                + " are taken"
                + switch (why) {
                    case TOO_LARGE -> "";
                    case IN_USE -> ", and calls hold what could go";
                    case TOO_YOUNG -> ", by versions that were loaded a moment ago";
                    case THRASHING -> ", and versions only take each other's place";
                };
        return new Room.Answer.Full(
                why,
                new Failure(
                        "load",
                        "out-of-memory",
                        evidence,
                        "Raise worker.memory-max, add a worker, or take other versions out of deployment."),
                untilNanos);
    }
}
