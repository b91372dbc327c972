package io.presage.registry.access;

import io.presage.contract.state.Limit;
import io.presage.contract.state.Role;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A key as it is stored and listed: everything but its text.
///
/// @param models names that it is for; empty means every model
/// @param limit calls on each model; absent means the gateway's default
/// @param tenant whom it belongs to
/// @param rowLimit rows on each model; absent means no limit
record ApiKey(
        String id,
        String name,
        Set<Role> roles,
        Set<String> models,
        @Nullable Limit limit,
        String tenant,
        @Nullable Limit rowLimit,
        Instant createdAt) {}
