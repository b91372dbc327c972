package io.presage.registry.routes;

/// What a promote asked for, what gateways follow, and where a roll back leads.
///
/// @param previous the active version of live before the present one; 0 for none
record Route(Split goal, Split live, int previous) {
    static final Route EMPTY = new Route(Split.NONE, Split.NONE, 0);

    boolean isInForce() {
        return goal.equals(live);
    }
}
