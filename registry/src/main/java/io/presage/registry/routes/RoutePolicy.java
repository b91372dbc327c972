package io.presage.registry.routes;

import java.util.Optional;

/// Every decision about a route, as pure functions.
final class RoutePolicy {
    /// What became of a wish to change the goal.
    sealed interface Decision {
        /// The goal is now `route`'s.
        record Changed(Route route) implements Decision {}

        /// It was so already.
        record Unchanged() implements Decision {}

        /// Somebody else moved first: the active version is `active`, 0 for none.
        record Stale(int active) implements Decision {}

        record Refused(String reason) implements Decision {}
    }

    /// Makes `version` the active one (weight 10,000) or the candidate beside the active one (less).
    ///
    /// @param expectedActive the goal's active version as the caller knows it, 0 for none; -1 for "whatever it
    ///     is"
    static Decision promote(Route route, int version, int weight, int expectedActive) {
        var goal = route.goal();
        if (expectedActive >= 0 && expectedActive != goal.active()) {
            return new Decision.Stale(goal.active());
        }
        if (weight == Split.WHOLE) {
            return changed(route, Split.all(version));
        }
        if (goal.isNone()) {
            return new Decision.Refused("weightBasisPoints: " + weight
                    + ", but there is no active version to take the rest (expected: 10000 for the first promote)");
        }
        if (goal.active() == version) {
            return new Decision.Refused(
                    "version: " + version + " is the active one already (expected: another one as canary)");
        }
        return changed(route, new Split(goal.active(), version, weight));
    }

    /// Takes back the latest move: the canary, else a promote that is not in force yet, else the active
    /// version.
    static Decision rollBack(Route route) {
        var goal = route.goal();
        if (goal.hasCandidate()) {
            return changed(route, Split.all(goal.active()));
        }
        if (!route.isInForce() && !route.live().isNone()) {
            return changed(route, route.live());
        }
        if (route.previous() == 0) {
            return new Decision.Refused("route: nothing to go back to (expected: a candidate or a previous version)");
        }
        return changed(route, Split.all(route.previous()));
    }

    /// Live follows the goal in one step, once the goal can carry the calls: a version that is to get its first
    /// calls needs enough Ready replicas; one that has calls already needs one, for a lost replica is no reason
    /// to keep a bad canary. Empty while that is not so, and when live is there already.
    static Optional<Route> reconcile(Route route, Readiness readiness) {
        var goal = route.goal();
        var live = route.live();
        if (route.isInForce() || goal.isNone()) {
            return Optional.empty();
        }
        if (!canCarry(goal.active(), live, readiness)) {
            return Optional.empty();
        }
        if (goal.hasCandidate() && !canCarry(goal.candidate(), live, readiness)) {
            return Optional.empty();
        }
        int previous = live.isNone() || live.active() == goal.active() ? route.previous() : live.active();
        return Optional.of(new Route(goal, goal, previous));
    }

    /// What live still waits for, for the person who asks; empty when it is in force.
    static Optional<String> waitsFor(Route route, Readiness readiness) {
        if (route.isInForce()) {
            return Optional.empty();
        }
        var goal = route.goal();
        int lacking = canCarry(goal.active(), route.live(), readiness) && goal.hasCandidate()
                ? goal.candidate()
                : goal.active();
        return Optional.of("version " + lacking + " has " + readiness.ready(lacking) + " Ready replicas (expected: "
                + needed(lacking, route.live(), readiness) + "; live workers: " + readiness.workersLive() + ")");
    }

    private static boolean canCarry(int version, Split live, Readiness readiness) {
        return readiness.ready(version) >= needed(version, live, readiness);
    }

    private static int needed(int version, Split live, Readiness readiness) {
        return live.serves(version) ? 1 : readiness.enough();
    }

    private static Decision changed(Route route, Split goal) {
        return goal.equals(route.goal())
                ? new Decision.Unchanged()
                : new Decision.Changed(new Route(goal, route.live(), route.previous()));
    }

    private RoutePolicy() {}
}
