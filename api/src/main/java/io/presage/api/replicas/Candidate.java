package io.presage.api.replicas;

/// What the choice needs to know of a replica.
interface Candidate {
    int inFlight();

    /// Takes a permit: false when its circuit is open or it has too many calls in flight already. Whoever gets
    /// true must give the permit back.
    boolean tryAcquire();
}
