package io.presage.worker.engine;

/// Where an engine of a pack runs.
public enum Isolation {
    /// In the worker: fastest, and a crash of its native code is the end of the worker.
    IN_PROCESS,
    /// In a child process for each version: a crash costs the calls in flight on it.
    PROCESS
}
