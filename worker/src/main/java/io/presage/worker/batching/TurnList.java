package io.presage.worker.batching;

import java.util.ArrayDeque;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// Whose turn it is: versions that are ready to run a batch, in the order in which they became ready, and those
/// that wait for a time. A version whose turn is over goes to the end, so that each has one batch before any
/// has two. A version that holds threads already gets another one only while a quarter of them stay free, so
/// that slow versions with many lanes leave threads for the others. One thread, or under its owner's lock.
final class TurnList {
    /// In place of a wake time: a turn that was asked for.
    static final long ASKED = Long.MIN_VALUE;

    private final int threads;
    private final int reserved;
    private final ArrayDeque<Entry> ready = new ArrayDeque<>();
    private final PriorityQueue<Entry> wakes = new PriorityQueue<>((a, b) -> Long.signum(a.wakeNanos - b.wakeNanos));
    private int running;

    /// Who takes turns.
    interface Work {
        /// The batch to run now; null when there is none. `wakeNanos`: [#ASKED], or the time for which the work
        /// had asked to be woken.
        @Nullable
        Turn begin(long wakeNanos);

        /// After the last run of `turn`; true asks for another one.
        boolean end(Turn turn);
    }

    /// One work's place.
    static final class Seat {
        private final Entry asked = new Entry(this, ASKED);
        private final Work work;
        private int running;

        Seat(Work work) {
            this.work = work;
        }

        Work work() {
            return work;
        }
    }

    record Entry(Seat seat, long wakeNanos) {}

    TurnList(int threads) {
        this.threads = threads;
        this.reserved = threads / 4;
    }

    /// Each call is worth one turn.
    void ask(Seat seat) {
        ready.add(seat.asked);
    }

    void wakeAt(Seat seat, long wakeNanos) {
        wakes.add(new Entry(seat, wakeNanos));
    }

    /// The next turn; null when there is none to be had now. Obliges to one [#done].
    @Nullable
    Entry next(long nowNanos) {
        for (var first = wakes.peek(); first != null && first.wakeNanos - nowNanos <= 0; first = wakes.peek()) {
            ready.add(wakes.remove());
        }
        if (running == threads) {
            return null;
        }
        var mayHaveMore = hasRoom();
        for (var entries = ready.iterator(); entries.hasNext(); ) {
            var entry = entries.next();
            if (mayHaveMore || entry.seat.running == 0) {
                entries.remove();
                entry.seat.running++;
                running++;
                return entry;
            }
        }
        return null;
    }

    void done(Seat seat, boolean isAskingAgain) {
        seat.running--;
        running--;
        if (isAskingAgain) {
            ask(seat);
        }
    }

    /// False while a version that holds a thread gets no other one.
    boolean hasRoom() {
        return threads - running > reserved;
    }

    int ready() {
        return ready.size();
    }

    /// Of the earliest; [Long#MAX_VALUE] when nobody waits for a time.
    long wakeNanos() {
        var first = wakes.peek();
        return first == null ? Long.MAX_VALUE : first.wakeNanos;
    }
}
