package io.presage.registry.derivation;

import io.presage.contract.state.DerivationResult;
import io.presage.contract.state.Failure;
import io.presage.registry.validation.Undecided;
import io.presage.registry.validation.Validator;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/// SQL of `derivation`, and of DERIVING versions. Writes happen in a service's transaction.
final class DerivationRepository {
    private static final JsonMapper JSON = new JsonMapper();

    private final JdbcClient jdbc;

    DerivationRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Of which version a derivation is.
    ///
    /// @param sha256 of the package that came for it
    record Subject(String model, int version, Optional<String> sha256) {}

    /// A sibling whose original will never be READY.
    record Orphan(String model, int version, int original, String originalState) {}

    /// False when another registry is at it.
    boolean tryLockTick() {
        return jdbc.sql("select pg_try_advisory_xact_lock(hashtextextended('presage-derivation-tick', 0))")
                .query(Boolean.class)
                .single();
    }

    List<Orphan> orphans() {
        return jdbc.sql("""
                select v.model, v.version, o.version as original, o.state
                  from model_version v
                  join model_version o on o.model = v.model and o.version = v.derived_from
                 where v.state = 'DERIVING' and o.state in ('REJECTED', 'ARCHIVED')
                 order by v.model, v.version
                """)
                .query((row, _) -> new Orphan(
                        row.getString("model"), row.getInt("version"), row.getInt("original"), row.getString("state")))
                .list();
    }

    /// Those whose original is READY, oldest first.
    List<Undecided> waiting() {
        return jdbc.sql("""
                select v.model, v.version, v.attempts, x.id, x.worker_id, x.incarnation,
                       extract(epoch from now() - x.assigned_at) * 1000 as age_millis
                  from model_version v
                  join model_version o on o.model = v.model and o.version = v.derived_from and o.state = 'READY'
                  left join derivation x on x.model = v.model and x.version = v.version and x.outcome is null
                 where v.state = 'DERIVING'
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
                                        (long) row.getDouble("age_millis")))))
                .list();
    }

    List<Validator> workers() {
        return jdbc.sql("select id, incarnation, draining from worker where live")
                .query((row, _) ->
                        new Validator(row.getString("id"), row.getString("incarnation"), row.getBoolean("draining")))
                .list();
    }

    /// Locks the version and tells whether it is still to be made.
    boolean lockDeriving(String model, int version) {
        return jdbc.sql("""
                select state from model_version where model = :model and version = :version for no key update
                """)
                .param("model", model)
                .param("version", version)
                .query(String.class)
                .optional()
                .filter(state -> state.equals("DERIVING"))
                .isPresent();
    }

    void open(String id, Undecided version, Validator worker) {
        jdbc.sql("""
                insert into derivation (id, model, version, worker_id, incarnation)
                values (:id, :model, :version, :worker, :incarnation)
                """)
                .param("id", id)
                .param("model", version.model())
                .param("version", version.version())
                .param("worker", worker.id())
                .param("incarnation", worker.incarnation())
                .update();
    }

    void close(String id, String outcome) {
        jdbc.sql("""
                update derivation set outcome = :outcome, finished_at = now() where id = :id and outcome is null
                """).param("id", id).param("outcome", outcome).update();
    }

    /// Closes whatever else runs for the version.
    void closeOpen(String model, int version) {
        jdbc.sql("""
                update derivation set outcome = 'RETURNED', finished_at = now()
                 where model = :model and version = :version and outcome is null
                """).param("model", model).param("version", version).update();
    }

    void setAttempts(Undecided version, int attempts) {
        jdbc.sql("update model_version set attempts = :attempts where model = :model and version = :version")
                .param("attempts", attempts)
                .param("model", version.model())
                .param("version", version.version())
                .update();
    }

    Optional<Subject> find(String id) {
        return jdbc.sql("select model, version, sha256 from derivation where id = :id")
                .param("id", id)
                .query((row, _) -> new Subject(
                        row.getString("model"), row.getInt("version"), Optional.ofNullable(row.getString("sha256"))))
                .optional();
    }

    void received(String id, String sha256) {
        jdbc.sql("update derivation set sha256 = :sha256 where id = :id")
                .param("sha256", sha256)
                .param("id", id)
                .update();
    }

    /// Its life goes on like that of any upload; losses while it was made do not count there.
    void made(String model, int version, DerivationResult.Derived derived) {
        jdbc.sql("""
                update model_version
                   set state = 'UPLOADED', sha256 = :sha256, attempts = 0, comparison = cast(:comparison as jsonb)
                 where model = :model and version = :version
                """)
                .param("sha256", derived.sha256())
                .param("comparison", JSON.writeValueAsString(derived))
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
}
