package io.presage.worker.versions;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// Decides what becomes of the calls that wait for a version. Guarded by the lock of [Versions]; the answers
/// are given
/// without it.
final class DemandDesk {
    private final Demands demands;
    private final Slots slots;

    DemandDesk(Demands demands, Slots slots) {
        this.demands = demands;
        this.slots = slots;
    }

    /// Answers all that can be answered now.
    void settle(long nowNanos, List<Runnable> answers) {
        for (var key : demands.keys()) {
            var slot = slots.find(key);
            var served = slot == null ? null : slot.served();
            if (slot == null || (!slot.isDormant() && served == null)) {
                refuse(key, _ -> true, notReady(key + " is not in this worker any more", 1), answers);
                continue;
            }
            refuse(
                    key,
                    demand -> demand.deadlineNanos() - nowNanos <= 0,
                    new ProblemException(
                            Problem.DEADLINE_EXCEEDED, key + ": the deadline passed while it was loaded; not run"),
                    answers);
            if (served != null) {
                handOver(key, served, answers);
            } else {
                wait(key, slot, nowNanos, answers);
            }
        }
    }

    private void handOver(VersionKey key, ServedVersion served, List<Runnable> answers) {
        for (var demand : demands.take(key, _ -> true)) {
            if (served.acquire()) {
                answers.add(() -> demand.ready(served));
            } else {
                answers.add(() -> demand.refused(notReady(key + " is being unloaded", 1)));
            }
        }
    }

    /// Those may go on waiting for whom it may come in time.
    private void wait(VersionKey key, Slot slot, long nowNanos, List<Runnable> answers) {
        var failure = slot.failure();
        if (failure != null) {
            refuse(key, _ -> true, notReady(key + " failed to load: " + failure.evidence(), 1), answers);
        } else if (!slot.isBusy() && slot.notBeforeNanos() - nowNanos > 0) {
            var refusal = slot.refusal(nowNanos);
            refuse(
                    key,
                    demand -> refusal != null || demand.deadlineNanos() - slot.notBeforeNanos() <= 0,
                    notReady(
                            key + ": " + (refusal == null ? "there is no room for it now" : refusal),
                            seconds(slot.notBeforeNanos() - nowNanos)),
                    answers);
        }
    }

    /// Answers everybody: the worker stops.
    void close(List<Runnable> answers) {
        for (var key : demands.keys()) {
            refuse(
                    key,
                    _ -> true,
                    ProblemException.retryAfter(Problem.SHUTTING_DOWN, "this worker is stopping", 1),
                    answers);
        }
    }

    private void refuse(VersionKey key, Predicate<Demand> whom, ProblemException why, List<Runnable> answers) {
        for (var demand : demands.take(key, whom)) {
            answers.add(() -> demand.refused(why));
        }
    }

    private static ProblemException notReady(String detail, int seconds) {
        return ProblemException.retryAfter(Problem.VERSION_NOT_READY, detail, seconds);
    }

    private static int seconds(long nanos) {
        return (int) Math.clamp(TimeUnit.NANOSECONDS.toSeconds(nanos - 1) + 1, 1, 60);
    }
}
