package io.presage.registry.validation;

import io.presage.contract.state.Failure;
import io.presage.contract.state.ValidationResult;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/// SQL of `validation`, and of the states that it gives to `model_version`. Writes happen in a service's
/// transaction.
final class ValidationRepository {
    private static final JsonMapper JSON = new JsonMapper();

    private final JdbcClient jdbc;

    ValidationRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Of which version a validation is.
    record Subject(String model, int version) {}

    /// False when another registry is at it.
    boolean tryLockTick() {
        return jdbc.sql("select pg_try_advisory_xact_lock(hashtextextended('presage-validation-tick', 0))")
                .query(Boolean.class)
                .single();
    }

    /// Oldest first.
    List<Undecided> undecided() {
        return jdbc.sql("""
                select v.model, v.version, v.attempts, v.needs_cuda, o.id, o.worker_id, o.incarnation,
                       extract(epoch from now() - o.assigned_at) * 1000 as age_millis
                  from model_version v
                  left join validation o on o.model = v.model and o.version = v.version and o.outcome is null
                 where v.state in ('UPLOADED', 'VALIDATING')
                 order by v.uploaded_at, v.model, v.version
                """)
                .query((row, _) -> new Undecided(
                        row.getString("model"),
                        row.getInt("version"),
                        row.getInt("attempts"),
                        row.getString("id") == null
                                ? Optional.empty()
                                : Optional.of(new Undecided.Open(
                                        row.getString("id"),
                                        row.getString("worker_id"),
                                        row.getString("incarnation"),
                                        (long) row.getDouble("age_millis"))),
                        row.getBoolean("needs_cuda")))
                .list();
    }

    List<Validator> validators() {
        return jdbc.sql("""
                select id, incarnation, draining, devices @> '[{"kind": "cuda"}]' as cuda from worker where live
                """)
                .query((row, _) -> new Validator(
                        row.getString("id"),
                        row.getString("incarnation"),
                        row.getBoolean("draining"),
                        row.getBoolean("cuda")))
                .list();
    }

    /// Locks the version and tells whether it is still undecided.
    boolean lockUndecided(String model, int version) {
        return jdbc.sql("""
                select state from model_version where model = :model and version = :version for no key update
                """)
                .param("model", model)
                .param("version", version)
                .query(String.class)
                .optional()
                .filter(state -> state.equals("UPLOADED") || state.equals("VALIDATING"))
                .isPresent();
    }

    void open(String id, Undecided version, Validator worker) {
        jdbc.sql("""
                insert into validation (id, model, version, worker_id, incarnation)
                values (:id, :model, :version, :worker, :incarnation)
                """)
                .param("id", id)
                .param("model", version.model())
                .param("version", version.version())
                .param("worker", worker.id())
                .param("incarnation", worker.incarnation())
                .update();
        setState(version.model(), version.version(), "VALIDATING");
    }

    void close(String id, String outcome) {
        jdbc.sql("""
                update validation set outcome = :outcome, finished_at = now() where id = :id and outcome is null
                """).param("id", id).param("outcome", outcome).update();
    }

    /// Closes whatever else runs for the version: it has its verdict.
    void closeOpen(String model, int version) {
        jdbc.sql("""
                update validation set outcome = 'RETURNED', finished_at = now()
                 where model = :model and version = :version and outcome is null
                """).param("model", model).param("version", version).update();
    }

    void backToUploaded(Undecided version, int attempts) {
        jdbc.sql("""
                update model_version set state = 'UPLOADED', attempts = :attempts
                 where model = :model and version = :version
                """)
                .param("attempts", attempts)
                .param("model", version.model())
                .param("version", version.version())
                .update();
    }

    /// From now on only workers with a CUDA device are asked.
    void forCuda(String model, int version) {
        jdbc.sql("""
                update model_version set state = 'UPLOADED', needs_cuda = true
                 where model = :model and version = :version
                """).param("model", model).param("version", version).update();
    }

    Optional<Subject> find(String id) {
        return jdbc.sql("select model, version from validation where id = :id")
                .param("id", id)
                .query((row, _) -> new Subject(row.getString("model"), row.getInt("version")))
                .optional();
    }

    void ready(String model, int version, ValidationResult.Profile profile) {
        jdbc.sql("""
                update model_version
                   set state = 'READY', decided_at = now(), profile = cast(:profile as jsonb), failure = null
                 where model = :model and version = :version
                """)
                .param("profile", JSON.writeValueAsString(profile))
                .param("model", model)
                .param("version", version)
                .update();
    }

    void rejected(String model, int version, Failure failure) {
        jdbc.sql("""
                update model_version
                   set state = 'REJECTED', decided_at = now(), failure = cast(:failure as jsonb)
                 where model = :model and version = :version
                """)
                .param("failure", JSON.writeValueAsString(failure))
                .param("model", model)
                .param("version", version)
                .update();
    }

    private void setState(String model, int version, String state) {
        jdbc.sql("update model_version set state = :state where model = :model and version = :version")
                .param("state", state)
                .param("model", model)
                .param("version", version)
                .update();
    }
}
