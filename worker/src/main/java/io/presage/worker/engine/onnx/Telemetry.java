package io.presage.worker.engine.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/// ONNX Runtime 1.29.0 for Linux reports its use to its maker unless `ORT_DISABLE_TELEMETRY` is in the
/// environment of the process when its library is loaded: it writes a device id under the user's home, and
/// uploads. Nothing that runs here talks to the internet, so the variable is set for everybody, however the
/// process was started. Java itself cannot change its environment; the C library can.
///
/// The same code in that library crashes the process when its command line is longer than about 4 kB (a class
/// path of fifty jars); without telemetry it does not.
final class Telemetry {
    static final String VARIABLE = "ORT_DISABLE_TELEMETRY";

    /// Must come before the first use of ONNX Runtime in the process.
    ///
    /// @throws IllegalStateException when it cannot be switched off
    @SuppressWarnings("restricted") // Native access is what the whole package is about, and is enabled.
    static void disable() {
        var linker = Linker.nativeLinker();
        var setenv = linker.downcallHandle(
                linker.defaultLookup()
                        .find("setenv")
                        .orElseThrow(() -> new IllegalStateException("the C library has no setenv (expected: POSIX)")),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        int result;
        try (var arena = Arena.ofConfined()) {
            result = (int) setenv.invokeExact(arena.allocateFrom(VARIABLE), arena.allocateFrom("1"), 1);
        } catch (Throwable e) {
            throw new IllegalStateException("setenv " + VARIABLE, e);
        }
        if (result != 0) {
            throw new IllegalStateException("setenv " + VARIABLE + ": " + result + " (expected: 0)");
        }
    }

    private Telemetry() {}
}
