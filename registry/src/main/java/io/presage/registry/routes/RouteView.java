package io.presage.registry.routes;

import org.jspecify.annotations.Nullable;

/// A route as the control API shows it.
///
/// @param goal what the latest promote or roll back asked for; absent before the first promote
/// @param live what gateways follow; absent before the first promote came into force
/// @param previous where a roll back without a candidate leads; absent when there is none
/// @param inForce whether live is the goal
/// @param waitsFor what is missing until it is; absent when in force
public record RouteView(
        String model,
        @Nullable SplitView goal,
        @Nullable SplitView live,
        @Nullable Integer previous,
        boolean inForce,
        @Nullable String waitsFor) {
    /// One of the two splits.
    ///
    /// @param candidate absent when there is none
    /// @param weightBasisPoints the candidate's; the active version has the rest of 10,000
    public record SplitView(int active, @Nullable Integer candidate, int weightBasisPoints) {
        static @Nullable SplitView of(Split split) {
            return split.isNone() ? null : new SplitView(split.active(), split.candidateOrNull(), split.weight());
        }
    }

    static RouteView of(String model, Route route, Readiness readiness) {
        return new RouteView(
                model,
                SplitView.of(route.goal()),
                SplitView.of(route.live()),
                route.previous() == 0 ? null : route.previous(),
                route.isInForce(),
                RoutePolicy.waitsFor(route, readiness).orElse(null));
    }
}
