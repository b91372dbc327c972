package io.presage.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// Warms the worker that most parts share: the small model on event loops, then the same model in calls of more
/// rows than run there, which pass the queues as larger models' calls do. Without it a large model would be
/// measured with code that the JVM has not compiled yet: its calls are too few.
final class Warmth {
    private static final int ROWS = 65;
    /// All of their rows fit a queue of 256.
    private static final int QUEUED_CALLERS = 3;

    static WorkerStand worker(Stage stage) throws IOException, InterruptedException {
        var worker = WorkerStand.start(stage, Java.FIXED_HEAP);
        worker.serve("tumour", stage.models().tumour());
        var features = new float[ROWS * Workload.FEATURES.length];
        for (int i = 0; i < features.length; i++) {
            features[i] = Workload.FEATURES[i % Workload.FEATURES.length];
        }
        var one = Call.binary(List.of(Call.floats("features", Workload.FEATURES, 1, Workload.FEATURES.length)));
        var many = Call.binary(List.of(Call.floats("features", features, ROWS, Workload.FEATURES.length)));
        Duration duration = stage.seconds(4, 8);
        Stage.say("warming the worker");
        load(worker, Call.json(Workload.TUMOUR.body()), 16, duration);
        load(worker, one, 16, duration);
        load(worker, many, QUEUED_CALLERS, duration);
        return worker;
    }

    private static void load(WorkerStand worker, Call call, int callers, Duration duration)
            throws IOException, InterruptedException {
        var load = Wrk.run(worker.target("tumour", call), callers, 0, duration);
        if (load.failed() > 0) {
            throw new IllegalStateException(load.failed() + " of the calls that warm the worker failed");
        }
    }

    private Warmth() {}
}
