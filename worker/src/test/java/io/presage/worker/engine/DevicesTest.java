package io.presage.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class DevicesTest {
    private static final Device CPU = new Device(Device.Kind.CPU, 0, "x86_64", 1 << 20, 8);
    private static final Device T4 = new Device(Device.Kind.CUDA, 0, "NVIDIA T4", 1 << 30);
    private static final Device H200 = new Device(Device.Kind.CUDA, 1, "NVIDIA H200", 1L << 40);
    private static final BooleanSupplier UNASKED = () -> {
        throw new AssertionError("loads the engine's natives");
    };

    private static DeviceSettings settings(DeviceSettings.Use use, Integer... indexes) {
        return new DeviceSettings(use, List.of(indexes));
    }

    @Test
    void withoutADriver_theEngineIsNotAsked() {
        assertThat(Devices.find(settings(DeviceSettings.Use.AUTO), CPU, List::of, UNASKED)
                        .all())
                .containsExactly(CPU);
    }

    @Test
    void cpu_looksForNothing() {
        assertThat(Devices.find(
                                settings(DeviceSettings.Use.CPU),
                                CPU,
                                () -> {
                                    throw new AssertionError("asks the driver");
                                },
                                UNASKED)
                        .all())
                .containsExactly(CPU);
    }

    @Test
    void gpus_areOffered_whenTheEngineCanUseThem() {
        assertThat(Devices.find(settings(DeviceSettings.Use.AUTO), CPU, () -> List.of(T4, H200), () -> true)
                        .all())
                .containsExactly(CPU, T4, H200);
        assertThat(Devices.find(settings(DeviceSettings.Use.AUTO), CPU, () -> List.of(T4, H200), () -> false)
                        .all())
                .containsExactly(CPU);
        assertThat(Devices.find(settings(DeviceSettings.Use.CUDA, 1), CPU, () -> List.of(T4, H200), () -> true)
                        .cuda())
                .containsExactly(H200);
    }

    @Test
    void cuda_mustBeThere() {
        assertThatThrownBy(() -> Devices.find(settings(DeviceSettings.Use.CUDA), CPU, List::of, UNASKED))
                .hasMessageContaining("no CUDA device was found (expected: a GPU,");
        assertThatThrownBy(() -> Devices.find(settings(DeviceSettings.Use.CUDA, 3), CPU, () -> List.of(T4), UNASKED))
                .hasMessageContaining("among worker.devices.indexes [3]");
        assertThatThrownBy(() -> Devices.find(settings(DeviceSettings.Use.CUDA), CPU, () -> List.of(T4), () -> false))
                .hasMessageContaining("built for the CPU");
    }

    @Test
    void aMissingOrBrokenDriver_isNoGpu() {
        assertThat(CudaDriver.devices("libno-such-driver.so.1")).isEmpty();
        // A library that has none of the driver's functions.
        assertThat(CudaDriver.devices("libm.so.6")).isEmpty();
    }
}
