package io.presage.worker.versions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.engine.LoadException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignatureMatchTest {
    private static final TensorSpec X = new TensorSpec("x", DataType.FP32, List.of(-1L, 3L));
    private static final TensorSpec Y = new TensorSpec("y", DataType.INT64, List.of(-1L));
    private static final Signature OWN = new Signature(List.of(X), List.of(Y), true);

    private static void refused(TensorSpec input, TensorSpec output, String evidence) {
        assertThatThrownBy(() -> SignatureMatch.check(new Signature(List.of(input), List.of(output), true), OWN))
                .isInstanceOfSatisfying(LoadException.class, e -> {
                    assertThat(e.failure().cause()).isEqualTo("signature-mismatch");
                    assertThat(e.failure().evidence()).isEqualTo(evidence);
                });
    }

    @Test
    void sameOrNarrowerOrNone_isAccepted() {
        assertThatCode(() -> SignatureMatch.check(null, OWN)).doesNotThrowAnyException();
        assertThatCode(() -> SignatureMatch.check(OWN, OWN)).doesNotThrowAnyException();
        var one = new TensorSpec("x", DataType.FP32, List.of(1L, -1L));
        assertThatCode(() -> SignatureMatch.check(new Signature(List.of(one), List.of(Y), false), OWN))
                .doesNotThrowAnyException();
    }

    @Test
    void otherNamesTypesAndShapes_areRefusedByName() {
        refused(new TensorSpec("z", DataType.FP32, List.of(-1L, 3L)), Y, "signature.inputs: z (expected: [x])");
        refused(
                new TensorSpec("x", DataType.FP64, List.of(-1L, 3L)),
                Y,
                "signature.inputs: x FP64 [-1, 3] (expected: FP32 [-1, 3])");
        refused(
                new TensorSpec("x", DataType.FP32, List.of(-1L, 4L)),
                Y,
                "signature.inputs: x FP32 [-1, 4] (expected: FP32 [-1, 3])");
        refused(
                X,
                new TensorSpec("y", DataType.INT64, List.of(-1L, 1L)),
                "signature.outputs: y INT64 [-1, 1] (expected: INT64 [-1])");
        assertThatThrownBy(() -> SignatureMatch.check(new Signature(List.of(X), List.of(), true), OWN))
                .hasMessageContaining("signature.outputs: without [y] (expected: [y])");
    }
}
