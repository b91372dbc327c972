package io.presage.worker.engine.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.CudaDriver;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.LoadPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/// Runs where there is a GPU and the build has the `gpu` profile; elsewhere it is skipped.
@EnabledIf("hasCuda")
class OnnxCudaTest {
    @TempDir
    private Path directory;

    static boolean hasCuda() {
        return !CudaDriver.devices().isEmpty() && new OnnxEngine().devices().contains(Device.Kind.CUDA);
    }

    @Test
    void devices_haveNamesAndMemory() {
        for (var device : CudaDriver.devices()) {
            assertThat(device.name()).isNotBlank();
            assertThat(device.memoryBytes()).isGreaterThan(1L << 30);
        }
    }

    @Test
    void model_answersOnTheGpu_asOnTheCpu() throws Exception {
        var bytes = OnnxModelBuilder.slow(64, 4);
        var file = Files.write(directory.resolve("model.onnx"), bytes);
        var modelPackage = new ModelPackage(directory, file, bytes.length, Manifest.DEFAULT);
        var cpu = new Device(Device.Kind.CPU, 0, "cpu", 0);
        var gpu = CudaDriver.devices().getFirst();
        var engine = new OnnxEngine();
        try (var onGpu = engine.load(modelPackage, new LoadPlan(gpu, 1, null));
                var onCpu = engine.load(modelPackage, new LoadPlan(cpu, 1, null))) {
            for (int rows : new int[] {1, 7, 300}) {
                var data = TensorAllocator.DIRECT.allocate(rows * 64 * 4);
                for (int i = 0; i < rows * 64; i++) {
                    data.putFloat(i * 4, i % 11);
                }
                var input = List.<Tensor>of(new Tensor.Fixed("x", DataType.FP32, Shape.of(rows, 64), data));
                var expected = (Tensor.Fixed) onCpu.run(input).getFirst();
                var actual = (Tensor.Fixed) onGpu.run(input).getFirst();
                assertThat(actual.shape()).isEqualTo(expected.shape());
                assertThat(actual.data().getFloat((rows * 64 - 1) * 4))
                        .isEqualTo(expected.data().getFloat((rows * 64 - 1) * 4));
            }
        }
    }
}
