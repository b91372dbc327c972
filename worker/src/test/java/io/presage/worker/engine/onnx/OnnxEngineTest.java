package io.presage.worker.engine.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxEngineTest {
    private final OnnxEngine engine = new OnnxEngine();

    @TempDir
    private Path directory;

    private ModelPackage modelPackage(byte[] model) throws Exception {
        var file = Files.write(directory.resolve("model.onnx"), model);
        return new ModelPackage(directory, file, model.length, Manifest.DEFAULT);
    }

    private LoadedModel load(byte[] model) throws Exception {
        return engine.load(modelPackage(model), new LoadPlan(new Device(Device.Kind.CPU, 0, "cpu", 0), 1, null));
    }

    private Failure failure(byte[] model) {
        var refused =
                catchThrowableOfType(LoadException.class, () -> load(model).close());
        assertThat(refused).isNotNull();
        return refused.failure();
    }

    private static Tensor.Fixed floats(String name, Shape shape, float... values) {
        var data = TensorAllocator.HEAP.allocate(values.length * 4);
        for (int i = 0; i < values.length; i++) {
            data.putFloat(i * 4, values[i]);
        }
        return new Tensor.Fixed(name, DataType.FP32, shape, data);
    }

    @Test
    void signature_isTheSessions() throws Exception {
        try (var model = load(OnnxModelBuilder.twice(3))) {
            assertThat(model.signature().batchable()).isTrue();
            assertThat(model.signature().inputs().getFirst().shape()).containsExactly(-1L, 3L);
        }
        try (var model = load(OnnxModelBuilder.identity(OnnxModelBuilder.FLOAT, 2, 3))) {
            assertThat(model.signature().batchable()).isFalse();
        }
    }

    @Test
    void run_withManyShapes_answersEachRightly() throws Exception {
        try (var model = load(OnnxModelBuilder.twice(2))) {
            for (int round = 0; round < 3; round++) {
                for (int rows = 1; rows <= 40; rows++) {
                    var values = new float[rows * 2];
                    for (int i = 0; i < values.length; i++) {
                        values[i] = i;
                    }
                    var output = (Tensor.Fixed) model.run(List.of(floats("x", Shape.of(rows, 2), values)))
                            .getFirst();
                    assertThat(output.shape()).isEqualTo(Shape.of(rows, 2));
                    assertThat(output.data().remaining()).isEqualTo(rows * 8);
                    assertThat(output.data().getFloat((rows * 2 - 1) * 4)).isEqualTo(2f * (rows * 2 - 1));
                }
            }
        }
    }

    @Test
    void run_withLargeInput_takesItWhereItLies() throws Exception {
        try (var model = load(OnnxModelBuilder.twice(1000))) {
            var data = TensorAllocator.DIRECT.allocate(100 * 1000 * 4);
            data.putFloat(99_999 * 4, 3);
            var input = new Tensor.Fixed("x", DataType.FP32, Shape.of(100, 1000), data);
            var output = (Tensor.Fixed) model.run(List.of(input)).getFirst();
            assertThat(output.data().getFloat(99_999 * 4)).isEqualTo(6);
        }
    }

    @Test
    void everyFixedDatatype_travelsAsItIs() throws Exception {
        for (var type : new int[] {
            OnnxModelBuilder.FLOAT,
            OnnxModelBuilder.INT64,
            OnnxModelBuilder.BOOL,
            OnnxModelBuilder.FLOAT16,
            OnnxModelBuilder.DOUBLE,
            OnnxModelBuilder.BFLOAT16,
            2,
            3,
            5,
            6
        }) {
            try (var model = load(OnnxModelBuilder.identity(type, -1))) {
                var spec = model.signature().inputs().getFirst();
                int size = spec.datatype().byteSize();
                var data = TensorAllocator.HEAP.allocate(2 * size);
                data.put(0, (byte) 1);
                data.put(size, (byte) 1);
                var output =
                        (Tensor.Fixed) model.run(List.of(new Tensor.Fixed("x", spec.datatype(), Shape.of(2), data)))
                                .getFirst();
                assertThat(output.dataType()).isEqualTo(spec.datatype());
                assertThat(output.data().get(size)).as(spec.datatype().name()).isEqualTo((byte) 1);
            }
        }
    }

    @Test
    void strings_travelAsUtf8() throws Exception {
        try (var model = load(OnnxModelBuilder.identity(OnnxModelBuilder.STRING, -1, 2))) {
            var elements = List.of("grün".getBytes(StandardCharsets.UTF_8), new byte[0]);
            var output = (Tensor.Bytes) model.run(List.of(new Tensor.Bytes("x", Shape.of(1, 2), elements)))
                    .getFirst();
            assertThat(output.elements().getFirst()).isEqualTo(elements.getFirst());
            assertThat(output.shape()).isEqualTo(Shape.of(1, 2));
            var notText = new Tensor.Bytes("x", Shape.of(1, 2), List.of(new byte[] {(byte) 0xff}, new byte[0]));
            assertThatThrownBy(() -> model.run(List.of(notText)))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("UTF-8");
        }
    }

    @Test
    void failingRun_isAnEngineFailure_andTheNextRunWorks() throws Exception {
        try (var model = load(OnnxModelBuilder.lookUp(1, 2))) {
            var data = TensorAllocator.HEAP.allocate(8);
            var input = new Tensor.Fixed("x", DataType.INT64, Shape.of(1), data);
            for (int i = 0; i < 3; i++) {
                data.putLong(0, 7);
                assertThatThrownBy(() -> model.run(List.of(input))).hasMessageContaining("ONNX Runtime");
                data.putLong(0, 1);
                assertThat(((Tensor.Fixed) model.run(List.of(input)).getFirst())
                                .data()
                                .getFloat(0))
                        .isEqualTo(2);
            }
        }
    }

    @Test
    void sharedRunner_outlivesTheFirst() throws Exception {
        var first = load(OnnxModelBuilder.twice(1));
        var second = first.share().orElseThrow();
        first.close();
        first.close();
        var output = (Tensor.Fixed)
                second.run(List.of(floats("x", Shape.of(1, 1), 4))).getFirst();
        assertThat(output.data().getFloat(0)).isEqualTo(8);
        second.close();
        assertThatThrownBy(() -> second.run(List.of())).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void truncatedModel_isCorrupt() {
        var model = OnnxModelBuilder.slow(8, 3);
        assertThat(failure(Arrays.copyOf(model, model.length / 2)).cause()).isEqualTo("corrupt-model");
        assertThat(failure(new byte[] {8, 8}).cause()).isEqualTo("corrupt-model");
    }

    @Test
    void unknownOperator_isNamed() {
        var model = new OnnxModelBuilder()
                .input("x", OnnxModelBuilder.FLOAT, -1)
                .output("y", OnnxModelBuilder.FLOAT, -1)
                .node("Frobnicate", List.of("x"), List.of("y"))
                .build();
        var failure = failure(model);
        assertThat(failure.cause()).isEqualTo("unsupported-operator");
        assertThat(failure.evidence()).startsWith("operator Frobnicate");
    }

    @Test
    void futureOpset_isSaid() {
        var model = new OnnxModelBuilder()
                .opset(999)
                .input("x", OnnxModelBuilder.FLOAT, -1)
                .output("y", OnnxModelBuilder.FLOAT, -1)
                .node("Identity", List.of("x"), List.of("y"))
                .build();
        assertThat(failure(model).cause()).isEqualTo("unsupported-opset");
    }

    @Test
    void unsignedInput_isRefused() {
        assertThat(failure(OnnxModelBuilder.identity(OnnxModelBuilder.UINT32, -1))
                        .cause())
                .isEqualTo("unsupported-signature");
    }

    @Test
    void unsignedOutput_travelsAsItIs() throws Exception {
        var model = new OnnxModelBuilder()
                .rawInitializer("like", OnnxModelBuilder.UINT32, new byte[4], 1)
                .input("x", OnnxModelBuilder.INT64, -1)
                .output("y", OnnxModelBuilder.UINT32, -1)
                .node("CastLike", List.of("x", "like"), List.of("y"))
                .build();
        try (var loaded = load(model)) {
            var data = TensorAllocator.DIRECT.allocate(8);
            data.putLong(0, 0xfedcba98L);
            var output = (Tensor.Fixed) loaded.run(List.of(new Tensor.Fixed("x", DataType.INT64, Shape.of(1), data)))
                    .getFirst();
            assertThat(output.dataType()).isEqualTo(DataType.UINT32);
            assertThat(output.data().getInt(0)).isEqualTo(0xfedcba98);
        }
    }

    @Test
    void halfPrecision_isComputedAndComesOut() throws Exception {
        for (int type : new int[] {OnnxModelBuilder.FLOAT16, OnnxModelBuilder.BFLOAT16}) {
            var model = new OnnxModelBuilder()
                    .rawInitializer("like", OnnxModelBuilder.FLOAT, new byte[4], 1)
                    .rawInitializer("back", type, new byte[2], 1)
                    .input("x", type, -1)
                    .output("y", type, -1)
                    .node("CastLike", List.of("x", "like"), List.of("wide"))
                    .node("Add", List.of("wide", "wide"), List.of("sum"))
                    .node("CastLike", List.of("sum", "back"), List.of("y"))
                    .build();
            try (var loaded = load(model)) {
                var spec = loaded.signature().inputs().getFirst();
                var data = TensorAllocator.HEAP.allocate(2);
                short oneAndAHalf = (short) (type == OnnxModelBuilder.FLOAT16 ? 0x3e00 : 0x3fc0);
                short three = (short) (type == OnnxModelBuilder.FLOAT16 ? 0x4200 : 0x4040);
                data.putShort(0, oneAndAHalf);
                var output =
                        (Tensor.Fixed) loaded.run(List.of(new Tensor.Fixed("x", spec.datatype(), Shape.of(1), data)))
                                .getFirst();
                assertThat(output.data().getShort(0)).as(spec.datatype().name()).isEqualTo(three);
            }
        }
    }

    @Test
    void run_withLargeHeapInputs_reusesItsMemory() throws Exception {
        try (var model = load(OnnxModelBuilder.twice(1000))) {
            for (int rows : new int[] {100, 20, 100, 200}) {
                var values = new float[rows * 1000];
                for (int i = 0; i < values.length; i++) {
                    values[i] = i + rows;
                }
                var output = (Tensor.Fixed) model.run(List.of(floats("x", Shape.of(rows, 1000), values)))
                        .getFirst();
                assertThat(output.shape()).isEqualTo(Shape.of(rows, 1000));
                assertThat(output.data().getFloat(0)).isEqualTo(2f * rows);
                assertThat(output.data().getFloat((rows * 1000 - 1) * 4)).isEqualTo(2f * (rows * 1000 - 1 + rows));
            }
        }
    }

    @Test
    void graphThatDoesNotHoldTogether_isCorrupt() {
        var dangling = new OnnxModelBuilder()
                .input("x", OnnxModelBuilder.FLOAT, -1)
                .output("y", OnnxModelBuilder.FLOAT, -1)
                .node("Add", List.of("x", "nowhere"), List.of("y"))
                .build();
        assertThat(failure(dangling).cause()).isEqualTo("corrupt-model");
        assertThat(failure(dangling).evidence()).contains("nowhere");
        var mismatched = new OnnxModelBuilder()
                .rawInitializer("w", OnnxModelBuilder.INT64, new byte[8], 1)
                .input("x", OnnxModelBuilder.FLOAT, -1)
                .output("y", OnnxModelBuilder.FLOAT, -1)
                .node("Add", List.of("x", "w"), List.of("y"))
                .build();
        assertThat(failure(mismatched).cause()).isEqualTo("corrupt-model");
        assertThat(failure(mismatched).evidence()).contains("int64");
    }

    @Test
    void gpu_withoutOne_isRefused() throws Exception {
        var plan = new LoadPlan(new Device(Device.Kind.CUDA, 0, "NVIDIA T4", 1 << 30), 1, null);
        var refused = catchThrowableOfType(
                LoadException.class, () -> engine.load(modelPackage(OnnxModelBuilder.twice(1)), plan));
        assertThat(refused.failure().cause()).isEqualTo("unsupported-device");
    }

    @Test
    void externalData_outsideThePackage_isRefused() {
        for (var location : new String[] {"../secret", "/etc/passwd", "a/../../b", "", "a\\b"}) {
            assertThat(failure(external(location)).cause()).as(location).isEqualTo("unsafe-package");
        }
        assertThat(failure(external("weights.bin")).cause()).isEqualTo("missing-file");
    }

    @Test
    void externalData_besideTheModel_isRead() throws Exception {
        Files.write(directory.resolve("weights.bin"), new byte[] {0, 0, (byte) 0x80, 0x3f});
        try (var model = load(external("weights.bin"))) {
            var output = (Tensor.Fixed)
                    model.run(List.of(floats("x", Shape.of(1), 4))).getFirst();
            assertThat(output.data().getFloat(0)).isEqualTo(5);
        }
    }

    private static byte[] external(String location) {
        return new OnnxModelBuilder()
                .externalInitializer("w", location, 1)
                .input("x", OnnxModelBuilder.FLOAT, -1)
                .output("y", OnnxModelBuilder.FLOAT, -1)
                .node("Add", List.of("x", "w"), List.of("y"))
                .build();
    }
}
