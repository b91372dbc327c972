package io.presage.registry.limits;

import io.presage.contract.state.Limits;
import io.presage.contract.state.Quota;
import java.time.Instant;
import java.util.Map;

/// A tenant as it is shown.
///
/// @param limits over all models
/// @param models further limits on single models
record TenantView(
        String name, String description, Limits limits, Map<String, Limits> models, Quota quota, Instant createdAt) {}
