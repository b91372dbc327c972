package io.presage.worker.engine.process;

import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// `worker.engines.child`: engines that run in processes of their own.
///
/// @param heapMax of a child's JVM; models lie in native memory beside it
/// @param frameMax inputs or outputs of one run: 1MB to 1GB
/// @param loadMax from the start of a child until its model is loaded; then it is killed
/// @param runMax of one run; then the child is killed
/// @param deathsMax within `deathsWindow`, after which a version has FAILED: 1..100
/// @param deathsWindow in which deaths are counted
public record ChildSettings(
        @DefaultValue("256MB") @NotNull DataSize heapMax,
        @DefaultValue("256MB") @NotNull DataSize frameMax,
        @DefaultValue("5m") @NotNull Duration loadMax,
        @DefaultValue("60s") @NotNull Duration runMax,
        @DefaultValue("3") int deathsMax,
        @DefaultValue("5m") @NotNull Duration deathsWindow) {
    public ChildSettings {
        require("heap-max", heapMax.toMegabytes() >= 32, heapMax, "at least 32MB");
        require("frame-max", frameMax.toMegabytes() >= 1 && frameMax.toMegabytes() <= 1024, frameMax, "1MB to 1GB");
        require("load-max", loadMax.isPositive(), loadMax, "more than 0");
        require("run-max", runMax.isPositive(), runMax, "more than 0");
        require("deaths-max", deathsMax >= 1 && deathsMax <= 100, deathsMax, "1..100");
        require("deaths-window", deathsWindow.isPositive(), deathsWindow, "more than 0");
    }

    private static void require(String key, boolean isValid, Object value, String expected) {
        if (!isValid) {
            throw new IllegalArgumentException(
                    "worker.engines.child." + key + ": " + value + " (expected: " + expected + ")");
        }
    }
}
