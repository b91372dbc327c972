package io.presage.api.replicas;

import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Least in flight of two chosen at random: close to the best of all, without every gateway running to the same
/// replica at once (Mitzenmacher, "The Power of Two Choices", 2001). Of two that refuse, the others are asked
/// in turn, so that one usable replica is enough. Pure but for the permits that it takes.
final class ReplicaChoice {
    /// The one that gave a permit; empty when none would. `tried` is left out.
    static <T extends Candidate> Optional<T> choose(List<T> candidates, List<T> tried, RandomGenerator random) {
        int size = candidates.size();
        if (size == 0) {
            return Optional.empty();
        }
        int start = size == 1 ? 0 : random.nextInt(size);
        T first = candidates.get(start);
        if (size > 1) {
            T second = candidates.get((start + 1 + random.nextInt(size - 1)) % size);
            if (second.inFlight() < first.inFlight()) {
                if (usable(second, tried)) {
                    return Optional.of(second);
                }
            } else if (!usable(first, tried)) {
                if (usable(second, tried)) {
                    return Optional.of(second);
                }
            } else {
                return Optional.of(first);
            }
        }
        for (int i = 0; i < size; i++) {
            T next = candidates.get((start + i) % size);
            if (usable(next, tried)) {
                return Optional.of(next);
            }
        }
        return Optional.empty();
    }

    private static <T extends Candidate> boolean usable(T candidate, List<T> tried) {
        return !tried.contains(candidate) && candidate.tryAcquire();
    }

    private ReplicaChoice() {}
}
