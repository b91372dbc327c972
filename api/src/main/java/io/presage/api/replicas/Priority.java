package io.presage.api.replicas;

import org.jspecify.annotations.Nullable;

/// Class of a call, as `Presage-Priority` names it.
public enum Priority {
    HIGH,
    NORMAL,
    LOW;

    static final int COUNT = values().length;

    /// What is not a priority counts as `normal` here: the worker refuses it.
    public static Priority of(@Nullable String header) {
        return switch (header) {
            case "high" -> HIGH;
            case "low" -> LOW;
            case null, default -> NORMAL;
        };
    }
}
