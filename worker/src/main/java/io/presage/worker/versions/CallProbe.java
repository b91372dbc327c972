package io.presage.worker.versions;

import io.presage.contract.infer.Tensor;
import io.presage.contract.state.Tuning;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import io.presage.worker.tuning.CostLine;
import java.util.List;
import java.util.function.LongSupplier;

/// Whole calls on a loaded model that serves nobody yet: for warm-up, samples and measurements. One thread.
final class CallProbe {
    /// What a small model may cost to load leaves no room for more.
    private static final int ROUNDS_MAX = 30;
    private static final int ROUNDS_MIN = 3;
    private static final long BUDGET_NANOS = 100_000_000;
    /// Slower models are not asked for eight rows, which would take seconds, but for two.
    private static final double SLOW_MILLIS = 50;

    private final Task task;
    private final LoadedModel instance;
    private final LongSupplier nanos;

    CallProbe(Task task, LoadedModel instance, LongSupplier nanos) {
        this.task = task;
        this.instance = instance;
        this.nanos = nanos;
    }

    List<Tensor> call(List<Tensor> inputs) {
        var prepared = task.prepare(inputs);
        return task.finish(prepared, instance.run(prepared.inputs()));
    }

    /// The line milliseconds = perRow * rows + perCall, through one row and some more.
    record Cost(double millisPerRow, double millisPerCall) {
        /// What a tuning says of rows of `unitsPerRow`.
        static Cost of(Tuning tuning, int unitsPerRow) {
            return new Cost(tuning.millisPerUnit() * unitsPerRow, tuning.millisPerCall());
        }

        double millisOfOneRow() {
            return millisPerRow + millisPerCall;
        }

        CostLine line(int unitsPerRow) {
            return new CostLine(millisPerRow / unitsPerRow, millisPerCall);
        }
    }

    /// `warm`: prepared inputs of the model that run, as few rows as possible.
    Cost measure(Task.Prepared warm) {
        double one = millis(warm.inputs());
        if (!instance.signature().batchable() || warm.rows() < 1) {
            return new Cost(0, one);
        }
        int copies = one > SLOW_MILLIS ? 2 : 8;
        var many = Zeros.repeat(warm.inputs(), copies);
        double eight = millis(many);
        double perRow = Math.max(0, (eight - one) / ((copies - 1) * (double) warm.rows()));
        return new Cost(perRow, Math.max(0, one - perRow * warm.rows()));
    }

    /// The second quickest of thirty: what it costs when nothing else has the cores.
    private double millis(List<Tensor> inputs) {
        var times = new long[ROUNDS_MAX];
        int rounds = 0;
        long start = nanos.getAsLong();
        while (rounds < ROUNDS_MAX && (rounds < ROUNDS_MIN || nanos.getAsLong() - start < BUDGET_NANOS)) {
            long before = nanos.getAsLong();
            instance.run(inputs);
            times[rounds++] = nanos.getAsLong() - before;
        }
        java.util.Arrays.sort(times, 0, rounds);
        return times[Math.min(1, rounds / 20)] / 1e6;
    }
}
