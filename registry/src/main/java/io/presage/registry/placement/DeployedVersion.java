package io.presage.registry.placement;

/// A version that should be held somewhere.
///
/// @param memoryBytes what it takes, as measured by its validation
/// @param cuda whether it runs on a CUDA device only
record DeployedVersion(String model, int version, int replicas, long memoryBytes, boolean cuda) {}
