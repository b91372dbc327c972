package io.presage.registry.placement;

import io.presage.contract.state.SlotState;
import java.util.List;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;

/// SQL of `assignment` and of `model.replicas`. Writes happen in a service's transaction.
final class PlacementRepository {
    private final JdbcClient jdbc;

    PlacementRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// False when another registry is at it.
    boolean tryLockTick() {
        return jdbc.sql("select pg_try_advisory_xact_lock(hashtextextended('presage-placement-tick', 0))")
                .query(Boolean.class)
                .single();
    }

    List<DeployedVersion> deployed() {
        return jdbc.sql("""
                select d.model, d.version, m.replicas,
                       coalesce((v.profile ->> 'memoryBytes')::bigint, a.bytes) as memory
                  from deployed_version d
                  join model m on m.name = d.model
                  join model_version v on v.model = d.model and v.version = d.version
                  join artifact a on a.sha256 = v.sha256
                """)
                .query((row, _) -> new DeployedVersion(
                        row.getString("model"), row.getInt("version"), row.getInt("replicas"), row.getLong("memory")))
                .list();
    }

    List<LiveWorker> liveWorkers() {
        return jdbc.sql("select id, memory_bytes_max from worker where live and not draining")
                .query((row, _) -> new LiveWorker(row.getString("id"), row.getLong("memory_bytes_max")))
                .list();
    }

    Set<Placement> assignments() {
        return placements(jdbc.sql("select worker_id, model, version from assignment"));
    }

    Set<Placement> slots(SlotState state) {
        return placements(jdbc.sql("select worker_id, model, version from slot where state = :state")
                .param("state", state.name()));
    }

    void assign(Placement placement) {
        jdbc.sql("insert into assignment (worker_id, model, version) values (:worker, :model, :version)")
                .param("worker", placement.workerId())
                .param("model", placement.model())
                .param("version", placement.version())
                .update();
    }

    void remove(Placement placement) {
        jdbc.sql("delete from assignment where worker_id = :worker and model = :model and version = :version")
                .param("worker", placement.workerId())
                .param("model", placement.model())
                .param("version", placement.version())
                .update();
    }

    int replicas(String model) {
        return jdbc.sql("select replicas from model where name = :model")
                .param("model", model)
                .query(Integer.class)
                .single();
    }

    void setReplicas(String model, int replicas) {
        jdbc.sql("update model set replicas = :replicas where name = :model")
                .param("model", model)
                .param("replicas", replicas)
                .update();
    }

    private static Set<Placement> placements(JdbcClient.StatementSpec sql) {
        return Set.copyOf(sql.query((row, _) ->
                        new Placement(row.getString("worker_id"), row.getString("model"), row.getInt("version")))
                .list());
    }
}
