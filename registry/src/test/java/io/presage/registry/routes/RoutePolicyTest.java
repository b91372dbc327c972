package io.presage.registry.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.registry.routes.RoutePolicy.Decision;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RoutePolicyTest {
    private static final Split NONE = Split.NONE;

    private static Readiness ready(int replicas, int workers, Map<Integer, Integer> ready) {
        return new Readiness(replicas, workers, ready);
    }

    private static Route route(Split goal, Split live, int previous) {
        return new Route(goal, live, previous);
    }

    @Test
    void promote_first_setsTheGoal() {
        assertThat(RoutePolicy.promote(Route.EMPTY, 1, 10_000, 0))
                .isEqualTo(new Decision.Changed(route(Split.all(1), NONE, 0)));
    }

    @Test
    void promote_again_changesNothing() {
        assertThat(RoutePolicy.promote(route(Split.all(1), Split.all(1), 0), 1, 10_000, 1))
                .isEqualTo(new Decision.Unchanged());
    }

    @Test
    void promote_expectingAnother_isStale() {
        assertThat(RoutePolicy.promote(route(Split.all(2), Split.all(1), 0), 3, 10_000, 1))
                .isEqualTo(new Decision.Stale(2));
    }

    @Test
    void canary_besideNothing_isRefused() {
        assertThat(RoutePolicy.promote(Route.EMPTY, 1, 100, 0)).isInstanceOf(Decision.Refused.class);
    }

    @Test
    void canary_ofTheActiveVersion_isRefused() {
        assertThat(RoutePolicy.promote(route(Split.all(1), Split.all(1), 0), 1, 100, -1))
                .isInstanceOf(Decision.Refused.class);
    }

    @Test
    void canary_isReplacedByAnother() {
        var route = route(new Split(1, 2, 100), new Split(1, 2, 100), 0);
        assertThat(RoutePolicy.promote(route, 3, 500, 1))
                .isEqualTo(new Decision.Changed(route(new Split(1, 3, 500), route.live(), 0)));
    }

    @Test
    void reconcile_waitsForEnoughReplicas() {
        var route = route(Split.all(1), NONE, 0);
        assertThat(RoutePolicy.reconcile(route, ready(2, 3, Map.of(1, 1)))).isEmpty();
        assertThat(RoutePolicy.reconcile(route, ready(2, 3, Map.of(1, 2))))
                .hasValue(route(Split.all(1), Split.all(1), 0));
        assertThat(RoutePolicy.reconcile(route, ready(2, 1, Map.of(1, 1))))
                .as("no more workers than one")
                .isPresent();
        assertThat(RoutePolicy.reconcile(route, ready(2, 0, Map.of())))
                .as("at least one")
                .isEmpty();
    }

    @Test
    void reconcile_waitsForTheCandidateToo() {
        var route = route(new Split(1, 2, 100), Split.all(1), 0);
        assertThat(RoutePolicy.reconcile(route, ready(1, 1, Map.of(1, 1)))).isEmpty();
        assertThat(RoutePolicy.reconcile(route, ready(1, 1, Map.of(1, 1, 2, 1))))
                .hasValue(route(route.goal(), route.goal(), 0));
    }

    @Test
    void reconcile_remembersThePreviousActiveVersion() {
        var moved = RoutePolicy.reconcile(route(Split.all(2), new Split(1, 2, 100), 9), ready(1, 1, Map.of(2, 1)));
        assertThat(moved.map(Route::previous)).isEqualTo(Optional.of(1));
        var candidateDropped =
                RoutePolicy.reconcile(route(Split.all(1), new Split(1, 2, 100), 9), ready(3, 3, Map.of(1, 1)));
        assertThat(candidateDropped.map(Route::previous))
                .as("one Ready replica is enough to drop a canary")
                .isEqualTo(Optional.of(9));
    }

    @Test
    void live_doesNotGoBackByItself() {
        assertThat(RoutePolicy.reconcile(route(Split.all(1), Split.all(1), 0), ready(1, 1, Map.of())))
                .isEmpty();
    }

    @Test
    void rollBack_dropsTheCandidateFirst() {
        assertThat(RoutePolicy.rollBack(route(new Split(1, 2, 100), new Split(1, 2, 100), 7)))
                .isEqualTo(new Decision.Changed(route(Split.all(1), new Split(1, 2, 100), 7)));
    }

    @Test
    void rollBack_takesBackAPromoteThatIsNotInForce() {
        assertThat(RoutePolicy.rollBack(route(Split.all(3), Split.all(2), 1)))
                .isEqualTo(new Decision.Changed(route(Split.all(2), Split.all(2), 1)));
    }

    @Test
    void rollBack_promotesThePrevious() {
        assertThat(RoutePolicy.rollBack(route(Split.all(2), Split.all(2), 1)))
                .isEqualTo(new Decision.Changed(route(Split.all(1), Split.all(2), 1)));
    }

    @Test
    void rollBack_toNothing_isRefused() {
        assertThat(RoutePolicy.rollBack(Route.EMPTY)).isInstanceOf(Decision.Refused.class);
        assertThat(RoutePolicy.rollBack(route(Split.all(1), NONE, 0))).isInstanceOf(Decision.Refused.class);
    }

    @Test
    void waitsFor_namesVersionAndNumbers() {
        assertThat(RoutePolicy.waitsFor(route(new Split(1, 2, 100), Split.all(1), 0), ready(2, 2, Map.of(1, 2, 2, 1))))
                .hasValue("version 2 has 1 Ready replicas (expected: 2; live workers: 2)");
    }

    @Test
    void split_checksItself() {
        assertThatThrownBy(() -> new Split(1, 1, 100)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new Split(0, 1, 100)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new Split(1, 2, 10_000)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new Split(1, 0, 5)).isInstanceOf(IllegalStateException.class);
    }
}
