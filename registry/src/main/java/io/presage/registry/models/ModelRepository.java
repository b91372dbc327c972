package io.presage.registry.models;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// SQL of `model`, `model_version` and `artifact`. Called inside the transaction of a service where it writes.
public final class ModelRepository {
    private static final JsonMapper JSON = new JsonMapper();

    private static final String VERSION_VIEW = """
            select v.model, v.version, v.state, v.sha256, a.bytes, v.attempts, v.uploaded_at, v.decided_at,
                   v.profile, v.failure,
                   exists (select from deployed_version d where d.model = v.model and d.version = v.version) as deployed,
                   (select count(*) from worker where live and not draining) as workers
              from model_version v join artifact a on a.sha256 = v.sha256
            """;

    private final JdbcClient jdbc;

    ModelRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Locks the model's row until the transaction ends. Every change of a model, its versions' states, its
    /// aliases and its route begins with this, so that they happen one after the other.
    ///
    /// @throws ProblemException MODEL_NOT_FOUND
    public void lock(String model) {
        var locked = jdbc.sql("select name from model where name = :model for no key update")
                .param("model", model)
                .query(String.class)
                .optional();
        if (locked.isEmpty()) {
            throw notFound(model);
        }
    }

    /// The state of a version.
    ///
    /// @throws ProblemException VERSION_NOT_FOUND
    public VersionState state(String model, int version) {
        return jdbc.sql("select state from model_version where model = :model and version = :version")
                .param("model", model)
                .param("version", version)
                .query(String.class)
                .optional()
                .map(VersionState::valueOf)
                .orElseThrow(() -> notFound(model, version));
    }

    /// Without a lock: for reads.
    ///
    /// @throws ProblemException MODEL_NOT_FOUND
    public void requireModel(String model) {
        if (find(model).isEmpty()) {
            throw notFound(model);
        }
    }

    /// False when it exists already.
    boolean insert(String name, String description) {
        return jdbc.sql("""
                        insert into model (name, description) values (:name, :description)
                        on conflict (name) do nothing
                        """)
                        .param("name", name)
                        .param("description", description)
                        .update()
                == 1;
    }

    Optional<ModelView> find(String name) {
        return jdbc.sql("select name, description, replicas, last_version, created_at from model where name = :name")
                .param("name", name)
                .query(ModelRepository::modelView)
                .optional();
    }

    List<ModelView> all() {
        return jdbc.sql("""
                select name, description, replicas, last_version, created_at
                  from model order by name collate "C"
                """).query(ModelRepository::modelView).list();
    }

    /// Adds an UPLOADED version and returns its number.
    int insertVersion(String model, String sha256, long bytes) {
        jdbc.sql("insert into artifact (sha256, bytes) values (:sha256, :bytes) on conflict (sha256) do nothing")
                .param("sha256", sha256)
                .param("bytes", bytes)
                .update();
        return jdbc.sql("""
                with numbered as (
                    update model set last_version = last_version + 1 where name = :model returning last_version)
                insert into model_version (model, version, state, sha256)
                select :model, last_version, 'UPLOADED', :sha256 from numbered returning version
                """)
                .param("model", model)
                .param("sha256", sha256)
                .query(Integer.class)
                .single();
    }

    Optional<VersionView> version(String model, int version) {
        return jdbc.sql(VERSION_VIEW + " where v.model = :model and v.version = :version")
                .param("model", model)
                .param("version", version)
                .query(ModelRepository::versionView)
                .optional();
    }

    /// Newest first.
    List<VersionView> versions(String model) {
        return jdbc.sql(VERSION_VIEW + " where v.model = :model order by v.version desc")
                .param("model", model)
                .query(ModelRepository::versionView)
                .list();
    }

    void archive(String model, int version) {
        jdbc.sql("update model_version set state = 'ARCHIVED' where model = :model and version = :version")
                .param("model", model)
                .param("version", version)
                .update();
        jdbc.sql("""
                update validation set outcome = 'RETURNED', finished_at = now()
                 where model = :model and version = :version and outcome is null
                """).param("model", model).param("version", version).update();
    }

    static ProblemException notFound(String model) {
        return new ProblemException(
                Problem.MODEL_NOT_FOUND, "model: '" + model + "' (expected: one that was created before)");
    }

    static ProblemException notFound(String model, int version) {
        return new ProblemException(
                Problem.VERSION_NOT_FOUND, "version: " + model + "/" + version + " (expected: one that was uploaded)");
    }

    private static ModelView modelView(ResultSet row, int index) throws SQLException {
        return new ModelView(
                row.getString("name"),
                row.getString("description"),
                row.getInt("replicas"),
                row.getInt("last_version"),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }

    private static VersionView versionView(ResultSet row, int index) throws SQLException {
        var state = VersionState.valueOf(row.getString("state"));
        return new VersionView(
                row.getString("model"),
                row.getInt("version"),
                state,
                row.getString("sha256"),
                row.getLong("bytes"),
                row.getBoolean("deployed"),
                row.getInt("attempts"),
                row.getObject("uploaded_at", OffsetDateTime.class).toInstant(),
                instant(row.getObject("decided_at", OffsetDateTime.class)),
                reason(state, row.getLong("workers")),
                json(row.getString("profile")),
                json(row.getString("failure")));
    }

    private static @Nullable String reason(VersionState state, long workers) {
        return switch (state) {
            case UPLOADED ->
                workers == 0
                        ? "waits for validation: no worker is alive"
                        : "waits for validation: every worker is busy with others";
            case VALIDATING -> "a worker validates it";
            case READY, REJECTED, ARCHIVED -> null;
        };
    }

    private static @Nullable Instant instant(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }

    private static @Nullable JsonNode json(@Nullable String text) {
        return text == null ? null : JSON.readTree(text);
    }
}
