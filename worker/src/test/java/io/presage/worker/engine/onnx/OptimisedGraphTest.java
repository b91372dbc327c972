package io.presage.worker.engine.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimisedGraphTest {
    private static final int SIZE = 600;

    private final OnnxEngine engine = new OnnxEngine();

    @TempDir
    private Path directory;

    private Path derived = Path.of("");
    private byte[] model = {};

    @BeforeEach
    void writeModel() throws Exception {
        derived = Files.createDirectory(directory.resolve("derived"));
        var weights = new float[SIZE * SIZE];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (i % 17 - 8) / 100f;
        }
        model = new OnnxModelBuilder()
                .initializer("w", weights, SIZE, SIZE)
                .input("x", OnnxModelBuilder.FLOAT, -1, SIZE)
                .output("y", OnnxModelBuilder.FLOAT, -1, SIZE)
                .node("MatMul", List.of("x", "w"), List.of("h"))
                .node("Identity", List.of("h"), List.of("i"))
                .node("Relu", List.of("i"), List.of("y"))
                .build();
    }

    private LoadedModel load(String deviceName, @Nullable Path place) throws Exception {
        var file = Files.write(directory.resolve("model.onnx"), model);
        var device = new Device(Device.Kind.CPU, 0, deviceName, 0, 2);
        return engine.load(
                new ModelPackage(directory, file, model.length, Manifest.DEFAULT), new LoadPlan(device, 1, place));
    }

    private List<Float> answer(LoadedModel loaded) {
        var data = TensorAllocator.DIRECT.allocate(3 * SIZE * 4);
        for (int i = 0; i < 3 * SIZE; i++) {
            data.putFloat(i * 4, i % 13 - 6);
        }
        var output = (Tensor.Fixed) loaded.run(List.of(new Tensor.Fixed("x", DataType.FP32, Shape.of(3, SIZE), data)))
                .getFirst();
        var values = new ArrayList<Float>();
        for (int i = 0; i < 3 * SIZE; i++) {
            values.add(output.data().getFloat(i * 4));
        }
        return values;
    }

    private List<Path> kept() throws Exception {
        try (var files = Files.list(derived)) {
            return files.sorted().toList();
        }
    }

    private Path graph() throws Exception {
        return kept().stream()
                .filter(file -> file.toString().endsWith(".onnx"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void laterLoads_takeTheKeptGraph_andAnswerTheSame() throws Exception {
        List<Float> first;
        try (var loaded = load("a", derived)) {
            first = answer(loaded);
            assertThat(kept()).as("the graph and its sum").hasSize(2);
        }
        // The model's own file is not needed any more: this one could not be loaded.
        model = new byte[model.length];
        try (var loaded = load("a", derived)) {
            assertThat(answer(loaded)).isEqualTo(first);
            assertThat(loaded.signature().batchable()).isTrue();
            assertThat(loaded.signature().inputs().getFirst().shape()).containsExactly(-1L, (long) SIZE);
        }
    }

    @Test
    void aDamagedGraph_isMadeAnew() throws Exception {
        load("a", derived).close();
        var graph = graph();
        var bytes = Files.readAllBytes(graph);
        bytes[bytes.length / 2] ^= 1;
        Files.write(graph, bytes);
        load("a", derived).close();
        assertThat(Files.readAllBytes(graph())[bytes.length / 2]).isNotEqualTo(bytes[bytes.length / 2]);
        assertThat(kept()).hasSize(2);
    }

    @Test
    void aWholeFileThatTheRuntimeRefuses_isMadeAnew() throws Exception {
        load("a", derived).close();
        var graph = graph();
        Files.write(graph, new byte[] {1, 2, 3});
        var crc = new CRC32C();
        crc.update(new byte[] {1, 2, 3});
        Files.writeString(
                Path.of(graph.toString().replace(".onnx", ".crc32c")), "3 " + Long.toHexString(crc.getValue()));
        load("a", derived).close();
        assertThat(Files.size(graph())).isGreaterThan(1 << 20);
    }

    @Test
    void anotherDeviceClass_hasItsOwn() throws Exception {
        load("a", derived).close();
        load("b", derived).close();
        assertThat(kept()).hasSize(4);
    }

    @Test
    void withoutAPlaceOrForSmallModels_nothingIsKept() throws Exception {
        load("a", null).close();
        model = OnnxModelBuilder.twice(3);
        load("a", derived).close();
        assertThat(kept()).isEmpty();
    }

    @Test
    void aBrokenModel_leavesNothingBehind() throws Exception {
        model = new byte[2 << 20];
        assertThatThrownBy(() -> load("a", derived)).isInstanceOf(LoadException.class);
        assertThat(kept()).isEmpty();
    }

    @Test
    void aPlaceThatCannotBeWritten_doesNotStopTheLoad() throws Exception {
        var file = Files.write(directory.resolve("no-folder"), new byte[1]);
        try (var loaded = load("a", file)) {
            assertThat(answer(loaded)).hasSize(3 * SIZE);
        }
    }
}
