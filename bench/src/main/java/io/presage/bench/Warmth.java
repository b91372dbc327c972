package io.presage.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Warms what surrounds a model in the worker: code that the JVM has not compiled yet would else be measured with
/// a model that takes milliseconds, whose calls are too few to have it compiled. Small models, and twins that
/// take and give the same tensors as the large ones for a fraction of their work, are called tens of thousands of
/// times; twins are unloaded again.
final class Warmth {
    private static final int CALLERS = 16;

    static WorkerStand worker(Stage stage) throws IOException, InterruptedException {
        var worker = WorkerStand.start(stage, Java.FIXED_HEAP, "--worker.drain-grace=100ms");
        worker.serve("tumour", stage.models().tumour());
        var binary = Call.binary(List.of(Call.floats("features", Workload.FEATURES, 1, Workload.FEATURES.length)));
        Stage.say("warming the worker");
        load(worker, "tumour", Call.json(Workload.TUMOUR.body()), stage.seconds(3, 6));
        load(worker, "tumour", binary, stage.seconds(3, 6));
        return worker;
    }

    /// Serves a twin, calls it, unloads it.
    static void twin(Stage stage, WorkerStand worker, Path packageDirectory, Call call)
            throws IOException, InterruptedException {
        var model = packageDirectory.getFileName().toString();
        worker.serve(model, packageDirectory);
        load(worker, model, call, stage.seconds(4, 8));
        worker.remove(model);
    }

    private static void load(WorkerStand worker, String model, Call call, Duration duration)
            throws IOException, InterruptedException {
        var load = Wrk.run(worker.target(model, call), CALLERS, 0, duration);
        if (load.failed() > 0) {
            throw new IllegalStateException(load.failed() + " of the calls that warm the worker failed");
        }
        Stage.say("warm: " + load.requests() + " calls of " + model);
    }

    private Warmth() {}
}
