package io.presage.registry.audit;

import org.jspecify.annotations.Nullable;

/// On whose behalf this thread works. Bound by the access filter around a request; the control loop works as
/// the registry itself.
///
/// @param name `key:ID`, `worker:ID` or `system`
/// @param requestId null outside of requests
public record Actor(String name, @Nullable String requestId) {
    public static final ScopedValue<Actor> CURRENT = ScopedValue.newInstance();
    private static final Actor SYSTEM = new Actor("system", null);

    static Actor current() {
        return CURRENT.orElse(SYSTEM);
    }
}
