package io.presage.worker.engine.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class TelemetryTest {
    @Test
    @SuppressWarnings("restricted") // Java has no other way to see the C library's environment.
    void newEngine_hasSwitchedItOffForTheNativeLibrary() throws Throwable {
        var linker = Linker.nativeLinker();
        var unsetenv = linker.downcallHandle(
                linker.defaultLookup().find("unsetenv").orElseThrow(),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        // The build sets it for tests that go past the engine.
        try (var arena = Arena.ofConfined()) {
            assertThat((int) unsetenv.invokeExact(arena.allocateFrom(Telemetry.VARIABLE)))
                    .isZero();
        }

        var engine = new OnnxEngine();

        assertThat(engine.name()).isEqualTo("onnxruntime");
        var getenv = linker.downcallHandle(
                linker.defaultLookup().find("getenv").orElseThrow(),
                FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        try (var arena = Arena.ofConfined()) {
            var value = (MemorySegment) getenv.invokeExact(arena.allocateFrom(Telemetry.VARIABLE));
            assertThat(value.address()).as(Telemetry.VARIABLE).isNotZero();
            assertThat(value.reinterpret(16).getString(0)).isEqualTo("1");
        }
    }
}
