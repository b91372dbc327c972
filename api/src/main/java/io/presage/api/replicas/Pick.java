package io.presage.api.replicas;

/// Outcome of looking for a replica.
public sealed interface Pick {
    /// Its permit is taken.
    record Picked(Replica replica) implements Pick {}

    /// No replica is left that is known to be Ready.
    record NoneReady() implements Pick {}

    /// There are some, but all circuits are open.
    record AllBroken() implements Pick {}

    /// There are some, but at least one has no room left and the others cannot be called.
    record AllBusy() implements Pick {}
}
