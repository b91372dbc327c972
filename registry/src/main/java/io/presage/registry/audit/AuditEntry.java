package io.presage.registry.audit;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// An audit row as `GET /audit` shows it.
record AuditEntry(
        long id,
        Instant at,
        long revision,
        String actor,
        String action,
        String subject,
        JsonNode details,
        @Nullable String requestId) {}
