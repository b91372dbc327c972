package io.presage.registry.workers;

import io.presage.contract.state.Failure;
import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/// SQL of `worker` and `slot`. Writes happen in a service's transaction.
final class WorkerRepository {
    private static final JsonMapper JSON = new JsonMapper();
    private static final TypeReference<List<Report.Device>> DEVICES = new TypeReference<>() {};

    private final JdbcClient jdbc;

    WorkerRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Reports of one worker one after the other, also of one that is not known yet. Locks nothing else.
    void lock(String id) {
        jdbc.sql("select pg_advisory_xact_lock(hashtextextended('presage-worker:' || :id, 0))")
                .param("id", id)
                .query((_, _) -> id)
                .single();
    }

    Optional<StoredWorker> find(String id) {
        return jdbc.sql("""
                select incarnation, sequence, retired, live, draining, host, port
                  from worker where id = :id
                """)
                .param("id", id)
                .query((row, _) -> new StoredWorker(
                        row.getString("incarnation"),
                        row.getLong("sequence"),
                        Arrays.asList((String[]) row.getArray("retired").getArray()),
                        row.getBoolean("live"),
                        row.getBoolean("draining"),
                        row.getString("host"),
                        row.getInt("port")))
                .optional();
    }

    List<StoredSlot> slots(String id) {
        return jdbc.sql(
                        "select model, version, state, memory_bytes, failure, reloading from slot where worker_id = :id")
                .param("id", id)
                .query((row, _) -> new StoredSlot(slot(row), row.getBoolean("reloading")))
                .list();
    }

    /// Whether a worker other than `id` can serve the version.
    boolean isServedElsewhere(String id, StoredSlot.Held held) {
        return jdbc.sql("""
                select exists (select from servable_replica
                                where model = :model and version = :version and worker_id <> :id)
                """)
                .param("model", held.model())
                .param("version", held.version())
                .param("id", id)
                .query(Boolean.class)
                .single();
    }

    void save(Report report, List<String> retired) {
        jdbc.sql("""
                insert into worker (id, incarnation, sequence, retired, live, draining, host, port, devices,
                                    memory_bytes_max, memory_bytes_used, applied_revision)
                values (:id, :incarnation, :sequence, :retired, true, :draining, :host, :port,
                        cast(:devices as jsonb), :memoryMax, :memoryUsed, :applied)
                on conflict (id) do update
                   set incarnation = excluded.incarnation, sequence = excluded.sequence, retired = excluded.retired,
                       live = true, draining = excluded.draining, host = excluded.host, port = excluded.port,
                       devices = excluded.devices, memory_bytes_max = excluded.memory_bytes_max,
                       memory_bytes_used = excluded.memory_bytes_used,
                       applied_revision = excluded.applied_revision, last_seen = now()
                """)
                .param("id", report.workerId())
                .param("incarnation", report.incarnation())
                .param("sequence", report.sequence())
                .param("retired", retired.toArray(String[]::new))
                .param("draining", report.draining())
                .param("host", report.host())
                .param("port", report.port())
                .param("devices", JSON.writeValueAsString(report.devices()))
                .param("memoryMax", report.memoryBytesMax())
                .param("memoryUsed", report.memoryBytesUsed())
                .param("applied", report.appliedRevision())
                .update();
    }

    /// The one row a heartbeat touches.
    void heartbeat(Report report) {
        jdbc.sql("""
                update worker
                   set last_seen = now(), sequence = :sequence, memory_bytes_max = :memoryMax,
                       memory_bytes_used = :memoryUsed, applied_revision = :applied
                 where id = :id
                """)
                .param("id", report.workerId())
                .param("sequence", report.sequence())
                .param("memoryMax", report.memoryBytesMax())
                .param("memoryUsed", report.memoryBytesUsed())
                .param("applied", report.appliedRevision())
                .update();
    }

    void writeSlots(String id, List<StoredSlot> slots) {
        for (var stored : slots) {
            var slot = stored.slot();
            jdbc.sql("""
                    insert into slot (worker_id, model, version, state, memory_bytes, failure, reloading)
                    values (:id, :model, :version, :state, :memory, cast(:failure as jsonb), :reloading)
                    on conflict (worker_id, model, version) do update
                       set state = excluded.state, memory_bytes = excluded.memory_bytes,
                           failure = excluded.failure, reloading = excluded.reloading
                    """)
                    .param("id", id)
                    .param("model", slot.model())
                    .param("version", slot.version())
                    .param("state", slot.state().name())
                    .param("memory", slot.memoryBytes())
                    .param("failure", slot.failure() == null ? null : JSON.writeValueAsString(slot.failure()))
                    .param("reloading", stored.reloading())
                    .update();
        }
    }

    void removeSlots(String id, List<StoredSlot.Held> slots) {
        for (var held : slots) {
            jdbc.sql("delete from slot where worker_id = :id and model = :model and version = :version")
                    .param("id", id)
                    .param("model", held.model())
                    .param("version", held.version())
                    .update();
        }
    }

    /// False when another registry is at it.
    boolean tryLockTick() {
        return jdbc.sql("select pg_try_advisory_xact_lock(hashtextextended('presage-workers-tick', 0))")
                .query(Boolean.class)
                .single();
    }

    /// Marks workers lost by the database's clock, and returns their ids.
    List<String> markLost(Duration lostAfter) {
        return jdbc.sql("""
                update worker set live = false
                 where live and last_seen < now() - make_interval(secs => :seconds) returning id
                """)
                .param("seconds", lostAfter.toMillis() / 1000.0)
                .query((row, _) -> row.getString("id"))
                .list();
    }

    int forget(Duration forgetAfter) {
        return jdbc.sql("""
                delete from worker where not live and last_seen < now() - make_interval(secs => :seconds)
                """).param("seconds", forgetAfter.toMillis() / 1000.0).update();
    }

    int liveCount() {
        return jdbc.sql("select count(*) from worker where live")
                .query(Integer.class)
                .single();
    }

    List<WorkerView> all() {
        var slots = new HashMap<String, List<Report.Slot>>(
                jdbc.sql("""
                        select worker_id, model, version, state, memory_bytes, failure
                          from slot order by model collate "C", version
                        """).query((row, _) -> Map.entry(row.getString("worker_id"), slot(row))).list().stream()
                        .collect(Collectors.groupingBy(
                                Map.Entry::getKey, Collectors.mapping(Map.Entry::getValue, Collectors.toList()))));
        return jdbc.sql("""
                select id, live, draining, host, port, memory_bytes_max, memory_bytes_used, applied_revision,
                       first_seen, last_seen, devices
                  from worker order by id collate "C"
                """)
                .query((row, _) -> new WorkerView(
                        row.getString("id"),
                        row.getBoolean("live"),
                        row.getBoolean("draining"),
                        row.getString("host"),
                        row.getInt("port"),
                        row.getLong("memory_bytes_max"),
                        row.getLong("memory_bytes_used"),
                        row.getLong("applied_revision"),
                        row.getObject("first_seen", OffsetDateTime.class).toInstant(),
                        row.getObject("last_seen", OffsetDateTime.class).toInstant(),
                        JSON.readValue(row.getString("devices"), DEVICES),
                        slots.getOrDefault(row.getString("id"), List.of())))
                .list();
    }

    private static Report.Slot slot(ResultSet row) throws SQLException {
        return new Report.Slot(
                row.getString("model"),
                row.getInt("version"),
                SlotState.valueOf(row.getString("state")),
                row.getLong("memory_bytes"),
                failure(row.getString("failure")));
    }

    private static @Nullable Failure failure(@Nullable String json) {
        return json == null ? null : JSON.readValue(json, Failure.class);
    }
}
