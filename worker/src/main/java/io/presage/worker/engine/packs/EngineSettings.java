package io.presage.worker.engine.packs;

import io.presage.worker.engine.Isolation;
import io.presage.worker.engine.process.ChildSettings;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `worker.engines`.
///
/// @param directory holds the packs, one folder each, named like its engine; empty = no packs
/// @param allowed engines whose models can hold code and that may be used nevertheless: `torchscript`,
///     `tensorflow`
/// @param isolation of packs, by engine: `process` or `in-process`; an engine that is not named runs in a process
///     of its own when its models can hold code, else in the worker
/// @param child of engines that run in a process of their own
public record EngineSettings(
        @DefaultValue("") @NotNull String directory,
        @DefaultValue Set<String> allowed,
        @DefaultValue Map<String, Isolation> isolation,
        @Valid @DefaultValue ChildSettings child) {
    public EngineSettings {
        allowed = Set.copyOf(allowed);
        isolation = Map.copyOf(isolation);
        requireKnown("worker.engines.allowed", allowed);
        requireKnown("worker.engines.isolation", isolation.keySet());
    }

    private static void requireKnown(String key, Set<String> names) {
        List<String> known = KnownEngine.packNames();
        for (var name : names) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(key + ": " + name + " (expected: of " + known + ")");
            }
        }
    }

    Isolation isolationOf(KnownEngine engine) {
        return isolation.getOrDefault(engine.engineName(), engine.defaultIsolation());
    }

    boolean allows(KnownEngine engine) {
        return !engine.runsCode() || allowed.contains(engine.engineName());
    }
}
