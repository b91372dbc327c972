package io.presage.registry.models;

import java.time.Instant;

/// A model as the control API shows it.
///
/// @param replicas wanted copies of each deployed version
/// @param lastVersion the highest number given so far; 0 before the first upload
record ModelView(String name, String description, int replicas, int lastVersion, Instant createdAt) {}
