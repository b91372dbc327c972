package io.presage.api.routes;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The newest [RoutingIndex]. Written by the feed's thread, read by any.
public final class Routes {
    private volatile @Nullable RoutingIndex current;

    public void publish(RoutingIndex index) {
        current = index;
    }

    public Optional<RoutingIndex> newest() {
        return Optional.ofNullable(current);
    }

    /// The newest one.
    /// @throws ProblemException OVERLOADED before the first table
    public RoutingIndex current() {
        RoutingIndex index = current;
        if (index == null) {
            throw ProblemException.retryAfter(
                    Problem.OVERLOADED, "the gateway has no routing table yet: it waits for the registry", 1);
        }
        return index;
    }
}
