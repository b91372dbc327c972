package io.presage.worker.batching;

import com.google.errorprone.annotations.FormatMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;

/// Versions, their queues and the run threads on a virtual clock: scripted arrivals and callers, models whose
/// runs take a * units + b, and a report of what ran when. Nothing sleeps and no thread runs; what is simulated
/// is only the clock, the threads' parallelism and the models.
final class Simulation implements RunTurns {
    static final long MICRO = 1000;

    private record Event(long nanos, long order, Runnable what) {}

    private final PriorityQueue<Event> events = new PriorityQueue<>(
            (a, b) -> a.nanos == b.nanos ? Long.compare(a.order, b.order) : Long.compare(a.nanos, b.nanos));
    private final BatchAssembly assembly = new BatchAssembly();
    private final StringBuilder report = new StringBuilder();
    private final List<SimulatedVersion> versions = new ArrayList<>();
    private final TurnList turns;
    private final boolean listsRuns;
    private long nowNanos;
    private long order;

    Simulation(int threads, boolean listsRuns) {
        this.turns = new TurnList(threads);
        this.listsRuns = listsRuns;
    }

    /// One more version.
    void version(SimulatedVersion version) {
        versions.add(version);
    }

    long nowNanos() {
        return nowNanos;
    }

    void at(long nanos, Runnable what) {
        events.add(new Event(nanos, order++, what));
    }

    /// Until nothing happens any more.
    String run() {
        while (!events.isEmpty()) {
            var event = events.remove();
            nowNanos = event.nanos;
            event.what.run();
            giveTurns();
        }
        versions.forEach(version -> version.summarise(this));
        return report.toString();
    }

    @Override
    public void ask(TurnList.Seat seat) {
        turns.ask(seat);
    }

    @Override
    public boolean hasRoom() {
        return turns.hasRoom();
    }

    @Override
    public void wakeAt(TurnList.Seat seat, long wakeNanos) {
        turns.wakeAt(seat, wakeNanos);
        at(wakeNanos, () -> {});
    }

    private void giveTurns() {
        for (var entry = turns.next(nowNanos); entry != null; entry = turns.next(nowNanos)) {
            var turn = entry.seat().work().begin(entry.wakeNanos());
            if (turn == null) {
                turns.done(entry.seat(), false);
            } else {
                step(entry.seat(), turn);
            }
        }
    }

    private void step(TurnList.Seat seat, Turn turn) {
        if (!turn.start()) {
            turns.done(seat, seat.work().end(turn));
            return;
        }
        var model = (SimulatedVersion.Model) turn.instance();
        long start = nowNanos;
        long nanos = model.nanos(turn.running());
        at(nowNanos + nanos, () -> {
            if (listsRuns) {
                line(
                        "%6dus %s%s, %dus%s",
                        start / MICRO,
                        versions.size() == 1 ? "" : model.name() + ": ",
                        SimulatedVersion.describe(turn.running()),
                        nanos / MICRO,
                        SimulatedVersion.isBad(turn.running()) ? ", fails" : "");
            }
            turn.execute(assembly);
            step(seat, turn);
        });
    }

    @FormatMethod
    void line(String format, Object... arguments) {
        report.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
