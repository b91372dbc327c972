package io.presage.contract.state;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Limits that hold for more than one key, over all gateways together. What is not named has none.
///
/// @param tenants those that have a limit or a quota, in the order of their names
/// @param models those that have a limit over all their callers, in the order of their names
public record LimitRules(List<Tenant> tenants, List<Model> models) {
    public static final LimitRules NONE = new LimitRules(List.of(), List.of());

    /// The tenant of keys that name none.
    public static final String DEFAULT_TENANT = "default";

    public LimitRules {
        tenants = List.copyOf(tenants);
        models = List.copyOf(models);
    }

    /// @param limits over all models
    /// @param models further limits on single models
    public record Tenant(String name, Limits limits, Map<String, Limits> models, Quota quota) {
        public Tenant {
            models = models == null ? Map.of() : Map.copyOf(models);
        }
    }

    public record Model(String name, Limits limits) {}

    /// For tables of a registry that knows no limits.
    static LimitRules orNone(@Nullable LimitRules rules) {
        return rules == null ? NONE : rules;
    }
}
