package io.presage.worker.tasks;

import static io.presage.worker.tasks.Rejection.failureOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.engine.LoadException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TasksTest {
    private static final Signature ANY = new Signature(
            List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, 3))),
            List.of(new TensorSpec("y", DataType.FP32, Shape.of(-1))),
            true);

    @Test
    void create_tensor_isTheModelItself() throws LoadException {
        Task task = Tasks.create(Manifests.of("tensor"), ANY);

        assertThat(task.signature()).isEqualTo(ANY);
        assertThat(task.isLight()).isTrue();
    }

    @Test
    void create_unknownTask_namesTheKnownOnes() {
        failureOf(() -> Tasks.create(Manifests.of("telepathy"), ANY))
                .isEqualTo("invalid-manifest: task: 'telepathy' (expected: one of [image-classification,"
                        + " object-detection, tensor, text-embedding, voice-activity])");
    }
}
