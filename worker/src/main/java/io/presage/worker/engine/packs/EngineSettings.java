package io.presage.worker.engine.packs;

import jakarta.validation.constraints.NotNull;
import java.util.List;
import java.util.Set;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `worker.engines`.
///
/// @param directory holds the packs, one folder each, named like its engine; empty = no packs
/// @param allowed engines whose models can hold code and that may be used nevertheless: `torchscript`,
///     `tensorflow`
public record EngineSettings(
        @DefaultValue("") @NotNull String directory,
        @DefaultValue Set<String> allowed) {
    public EngineSettings {
        allowed = Set.copyOf(allowed);
        requireKnown("worker.engines.allowed", allowed);
    }

    private static void requireKnown(String key, Set<String> names) {
        List<String> known = KnownEngine.packNames();
        for (var name : names) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(key + ": " + name + " (expected: of " + known + ")");
            }
        }
    }

    boolean allows(KnownEngine engine) {
        return !engine.runsCode() || allowed.contains(engine.engineName());
    }
}
