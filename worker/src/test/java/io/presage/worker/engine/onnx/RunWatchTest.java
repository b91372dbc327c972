package io.presage.worker.engine.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadedModel;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RunWatchTest {
    private final RunWatch watch = new RunWatch(2);

    private LoadedModel load(byte[] model) throws Exception {
        new OnnxEngine().start();
        var environment = OrtEnvironment.getEnvironment();
        try (var options = new SessionOptions()) {
            options.setIntraOpNumThreads(1);
            return OnnxModel.of(environment, environment.createSession(model, options), watch, model.length);
        }
    }

    private static List<Tensor> row() {
        return List.of(new Tensor.Fixed("x", DataType.FP32, Shape.of(1, 3), TensorAllocator.DIRECT.allocate(12)));
    }

    @Test
    @Timeout(60)
    void endlessRun_isEnded_andOthersAreNot() throws Exception {
        try (var endless = load(HostileModels.endless());
                var other = load(OnnxModelBuilder.twice(3));
                var threads = Executors.newSingleThreadExecutor()) {
            var begun = new CountDownLatch(1);
            var run = threads.submit(() -> {
                begun.countDown();
                return catchThrowableOfType(ProblemException.class, () -> endless.run(row()));
            });
            begun.await();
            while (!run.isDone()) {
                watch.tick();
                assertThat(other.run(row())).hasSize(1);
            }
            assertThat(run.get().problem()).isEqualTo(Problem.ENGINE_FAILED);
            assertThat(run.get().detail()).contains("terminate");
        }
    }

    @Test
    void runsAfterTicks_areNotEnded() throws Exception {
        try (var model = load(OnnxModelBuilder.twice(3))) {
            for (int i = 0; i < 10; i++) {
                watch.tick();
                assertThat(model.run(row())).hasSize(1);
            }
        }
        watch.tick();
    }

    @Test
    void runThatWasEnded_isFollowedByOthers() throws Exception {
        var run = watch.add();
        try (run) {
            run.begin();
            watch.tick();
            watch.tick();
            watch.tick();
            run.end();
            run.begin();
            watch.tick();
            run.end();
        }
    }
}
