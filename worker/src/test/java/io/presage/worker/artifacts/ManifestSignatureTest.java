package io.presage.worker.artifacts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.TensorSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManifestSignatureTest {
    @Test
    void signature_isRead_andBatchableWhenEveryFirstDimensionIsFree() throws Exception {
        assertThat(ManifestReader.read("signature:\n"
                                + "  inputs:\n"
                                + "    - {name: x, datatype: FP32, shape: [-1, 3]}\n"
                                + "    - {name: t, datatype: BYTES, shape: [-1]}\n"
                                + "  outputs: [{name: y, datatype: INT64, shape: [-1]}]\n")
                        .signature())
                .isEqualTo(new Signature(
                        List.of(
                                new TensorSpec("x", DataType.FP32, List.of(-1L, 3L)),
                                new TensorSpec("t", DataType.BYTES, List.of(-1L))),
                        List.of(new TensorSpec("y", DataType.INT64, List.of(-1L))),
                        true));
        assertThat(ManifestReader.read("signature: {inputs: [{name: x, datatype: FP32, shape: [-1]}],"
                                + " outputs: [{name: y, datatype: FP32, shape: []}]}")
                        .signature())
                .extracting(Signature::batchable)
                .isEqualTo(false);
        assertThat(ManifestReader.read("task: tensor").signature()).isNull();
    }

    @Test
    void signature_thatIsNone_isRefusedByName() {
        refused("{inputs: [{name: x, datatype: FP32, shape: [-1]}]}", "signature.outputs: null (expected: a list of");
        refused("{inputs: [], outputs: []}", "signature.inputs: [] (expected: a list of 1..1000 members)");
        refused(
                "{inputs: [{datatype: FP32, shape: [-1]}], outputs: []}",
                "signature.inputs[0].name: null (expected: a text)");
        refused(
                "{inputs: [{name: x, datatype: FLOAT, shape: [-1]}], outputs: []}",
                "signature.inputs[0].datatype: FLOAT (expected: one of [BOOL,");
        refused("{inputs: [{name: x, shape: [-1]}], outputs: []}", "signature.inputs[0].datatype:");
        refused(
                "{inputs: [{name: x, datatype: FP32, shape: [-2]}], outputs: []}",
                "signature.inputs[0].shape: [-2] (expected: dimensions of -1 (any) or more)");
        refused(
                "{inputs: [{name: x, datatype: FP32, shape: [1], layout: NCHW}], outputs: []}",
                "signature.inputs[0].layout: unknown member");
        refused(
                "{inputs: [{name: x, datatype: FP32, shape: [1]}, {name: x, datatype: FP32, shape: [1]}], outputs: []}",
                "signature.inputs[1].name: x (expected: each name once)");
    }

    private static void refused(String signature, String evidence) {
        assertThatThrownBy(() -> ManifestReader.read("signature: " + signature))
                .isInstanceOfSatisfying(
                        PackageException.class,
                        e -> assertThat(e.failure().evidence()).contains(evidence));
    }
}
