package io.presage.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceTest {
    @Test
    void deviceClass_isWhatFiguresHoldFor() {
        assertThat(new Device(Device.Kind.CPU, 0, "x86_64", 1 << 30, 2).deviceClass())
                .isEqualTo("cpu:x86_64:2");
        assertThat(new Device(Device.Kind.CUDA, 1, "NVIDIA H200", 1 << 30).deviceClass())
                .isEqualTo("cuda:NVIDIA H200");
    }

    @Test
    void cpuName_isTheModels_elseTheArchitecture() {
        assertThat(Cpu.name(List.of("processor\t: 0", "model name\t: AMD  EPYC 7B13: 64-Core "), "x86_64"))
                .isEqualTo("AMD EPYC 7B13 64-Core");
        assertThat(Cpu.name(List.of("processor\t: 0", "BogoMIPS\t: 50.00"), "aarch64"))
                .isEqualTo("aarch64");
        assertThat(Cpu.name(List.of("model name\t: "), "x86_64")).isEqualTo("x86_64");
        assertThat(Cpu.name()).isNotBlank();
    }
}
