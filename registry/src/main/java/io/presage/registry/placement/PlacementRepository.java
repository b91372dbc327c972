package io.presage.registry.placement;

import io.presage.registry.feed.StateTouches;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/// SQL of `assignment` and of `model.replicas`. Writes happen in a service's transaction.
final class PlacementRepository {
    /// With more, everything is read: that is as fast.
    private static final int TOUCHED_MAX = 1_000;

    private final JdbcClient jdbc;
    private final StateTouches touches;

    PlacementRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
        this.touches = new StateTouches(jdbc);
    }

    /// False when another registry is at it.
    boolean tryLockTick() {
        return jdbc.sql("select pg_try_advisory_xact_lock(hashtextextended('presage-placement-tick', 0))")
                .query(Boolean.class)
                .single();
    }

    /// Everything.
    ///
    /// @param failedMemory how long a failure counts
    PlacementInputs read(Duration failedMemory) {
        var mark = touches.mark();
        return read(mark, failedMemory);
    }

    private PlacementInputs read(String mark, Duration failedMemory) {
        return new PlacementInputs(mark, models(null), liveWorkers(), failed(failedMemory));
    }

    /// The same by reading only what was touched since `before`.
    PlacementInputs readSince(PlacementInputs before, Duration failedMemory) {
        var mark = touches.mark();
        var touched = touches.since(before.mark());
        if (touched.isEmpty()
                || touched.get().kinds().contains("worker")
                || touched.get().models().size() > TOUCHED_MAX) {
            return read(mark, failedMemory);
        }
        var names = touched.get().models();
        var models = names.isEmpty() ? before.models() : before.with(names, models(names));
        return new PlacementInputs(mark, models, liveWorkers(), failed(failedMemory));
    }

    /// @param only null for all
    private Map<String, PlacementInputs.OfModel> models(@Nullable Set<String> only) {
        return PlacementInputs.byModel(
                deployed(only),
                placements(on(only, "select worker_id, model, version from assignment where {}", "model")),
                placements(on(only, "select worker_id, model, version from servable_replica where {}", "model")));
    }

    private JdbcClient.StatementSpec on(@Nullable Set<String> only, String sql, String column) {
        return only == null
                ? jdbc.sql(sql.replace("{}", "true"))
                : jdbc.sql(sql.replace("{}", column + " = any(:models)")).param("models", only.toArray(String[]::new));
    }

    private List<DeployedVersion> deployed(@Nullable Set<String> only) {
        return on(only, """
                select d.model, d.version, m.replicas,
                       coalesce((v.profile ->> 'memoryBytes')::bigint, a.bytes) as memory,
                       coalesce(v.profile ->> 'device', '') as device
                  from deployed_version d
                  join model m on m.name = d.model
                  join model_version v on v.model = d.model and v.version = d.version
                  join artifact a on a.sha256 = v.sha256
                 where {}
                """, "d.model")
                .query((row, _) -> new DeployedVersion(
                        row.getString("model"),
                        row.getInt("version"),
                        row.getInt("replicas"),
                        row.getLong("memory"),
                        needsCuda(row.getString("device"))))
                .list();
    }

    private List<LiveWorker> liveWorkers() {
        return jdbc.sql("""
                select id, memory_bytes_max, devices @> '[{"kind": "cuda"}]' as cuda
                  from worker where live and not draining order by id
                """)
                .query((row, _) ->
                        new LiveWorker(row.getString("id"), row.getLong("memory_bytes_max"), row.getBoolean("cuda")))
                .list();
    }

    /// A profile's device is `cpu` or `any`, or `gpu` or `cuda...` for a version that runs nowhere else.
    private static boolean needsCuda(String device) {
        return device.equals("gpu") || device.startsWith("cuda");
    }

    /// Where assigned versions are Failed now or were within `memory`. Notes those of now.
    private Set<Placement> failed(Duration memory) {
        jdbc.sql("""
                insert into placement_failure as f (worker_id, model, version)
                select s.worker_id, s.model, s.version
                  from slot s
                  join assignment a on a.worker_id = s.worker_id and a.model = s.model and a.version = s.version
                 where s.state = 'FAILED'
                on conflict (worker_id, model, version) do update set seen_at = excluded.seen_at
                 where f.seen_at < excluded.seen_at - make_interval(secs => :seconds / 10)
                """).param("seconds", memory.toMillis() / 1000.0).update();
        jdbc.sql("""
                delete from placement_failure f
                 where seen_at < now() - make_interval(secs => :seconds)
                    or exists (select from servable_replica r
                                where r.worker_id = f.worker_id and r.model = f.model and r.version = f.version)
                """).param("seconds", memory.toMillis() / 1000.0).update();
        return Set.copyOf(placements(jdbc.sql("select worker_id, model, version from placement_failure")));
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

    private static List<Placement> placements(JdbcClient.StatementSpec sql) {
        return sql.query((row, _) ->
                        new Placement(row.getString("worker_id"), row.getString("model"), row.getInt("version")))
                .list();
    }
}
