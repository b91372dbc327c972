package io.presage.registry.audit;

import java.util.Map;

/// What was changed, for the audit log.
///
/// @param action a stable word such as `route.promote`
/// @param subject a path such as `models/fraud/versions/3`
/// @param details values worth knowing later; never a secret
public record Change(String action, String subject, Map<String, ?> details) {}
