package io.presage.registry.routes;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

/// SQL of `route`. Writes happen in a service's transaction, with the model's row locked.
final class RouteRepository {
    private final JdbcClient jdbc;

    RouteRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Empty when the model was never promoted.
    Optional<Route> find(String model) {
        return jdbc.sql("""
                select goal_active, goal_candidate, goal_weight, live_active, live_candidate, live_weight, previous
                  from route where model = :model
                """).param("model", model).query(RouteRepository::route).optional();
    }

    void save(String model, Route route) {
        jdbc.sql("""
                insert into route as r (model, goal_active, goal_candidate, goal_weight,
                                        live_active, live_candidate, live_weight, previous, promoted_at)
                values (:model, :goalActive, :goalCandidate, :goalWeight,
                        :liveActive, :liveCandidate, :liveWeight, :previous, now())
                on conflict (model) do update
                   set goal_active = excluded.goal_active, goal_candidate = excluded.goal_candidate,
                       goal_weight = excluded.goal_weight, live_active = excluded.live_active,
                       live_candidate = excluded.live_candidate, live_weight = excluded.live_weight,
                       previous = excluded.previous,
                       promoted_at = case when (r.goal_active, r.goal_candidate, r.goal_weight) is distinct from
                                               (excluded.goal_active, excluded.goal_candidate, excluded.goal_weight)
                                          then now() else r.promoted_at end,
                       in_force_at = case when :inForce then now() else r.in_force_at end
                """)
                .param("model", model)
                .param("goalActive", route.goal().activeOrNull())
                .param("goalCandidate", route.goal().candidateOrNull())
                .param("goalWeight", route.goal().weight())
                .param("liveActive", route.live().activeOrNull())
                .param("liveCandidate", route.live().candidateOrNull())
                .param("liveWeight", route.live().weight())
                .param("previous", route.previous() == 0 ? null : route.previous())
                .param("inForce", route.isInForce())
                .update();
    }

    /// Models whose live route does not follow the goal yet.
    List<String> pending() {
        return jdbc.sql("""
                select model from route
                 where (goal_active, goal_candidate, goal_weight)
                       is distinct from (live_active, live_candidate, live_weight)
                 order by model
                """).query((row, _) -> row.getString("model")).list();
    }

    Readiness readiness(String model) {
        var ready = new HashMap<Integer, Integer>();
        jdbc.sql("""
                select version, count(*) as replicas from servable_replica where model = :model group by version
                """).param("model", model).query(row -> {
            ready.put(row.getInt("version"), row.getInt("replicas"));
        });
        return jdbc.sql("""
                select replicas, (select count(*) from worker where live and not draining) as workers
                  from model where name = :model
                """)
                .param("model", model)
                .query((row, _) -> new Readiness(row.getInt("replicas"), row.getInt("workers"), ready))
                .single();
    }

    private static Route route(ResultSet row, int index) throws SQLException {
        return new Route(
                new Split(row.getInt("goal_active"), row.getInt("goal_candidate"), row.getInt("goal_weight")),
                new Split(row.getInt("live_active"), row.getInt("live_candidate"), row.getInt("live_weight")),
                row.getInt("previous"));
    }
}
