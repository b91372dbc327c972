package io.presage.registry.placement;

/// A worker that can hold versions: alive and not draining.
///
/// @param memoryBytesMax what models may take there; 0 for "not known", which never refuses
/// @param cuda whether it has a CUDA device
record LiveWorker(String id, long memoryBytesMax, boolean cuda) {}
