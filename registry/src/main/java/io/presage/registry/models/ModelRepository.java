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
                   v.profile, v.failure, v.derived_from, v.derivation, v.needs_cuda,
                   exists (select from deployed_version d where d.model = v.model and d.version = v.version) as deployed,
                   (select count(*) from worker where live and not draining) as workers
              from model_version v left join artifact a on a.sha256 = v.sha256
            """;

    private static final String SIBLINGS = """
            select d.derivation, d.comparison,
                   o.version as o_version, o.state as o_state, oa.bytes as o_bytes, o.profile as o_profile,
                   d.version as d_version, d.state as d_state, da.bytes as d_bytes, d.profile as d_profile
              from model_version d
              join model_version o on o.model = d.model and o.version = d.derived_from
              left join artifact oa on oa.sha256 = o.sha256
              left join artifact da on da.sha256 = d.sha256
             where d.model = :model
             order by d.version
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
        insertArtifact(sha256, bytes);
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

    /// Notes a package whose bytes are stored.
    public void insertArtifact(String sha256, long bytes) {
        jdbc.sql("insert into artifact (sha256, bytes) values (:sha256, :bytes) on conflict (sha256) do nothing")
                .param("sha256", sha256)
                .param("bytes", bytes)
                .update();
    }

    /// Adds a DERIVING version and returns its number.
    int insertSibling(String model, int original, String derivation) {
        return jdbc.sql("""
                with numbered as (
                    update model set last_version = last_version + 1 where name = :model returning last_version)
                insert into model_version (model, version, state, derived_from, derivation)
                select :model, last_version, 'DERIVING', :original, :derivation from numbered returning version
                """)
                .param("model", model)
                .param("original", original)
                .param("derivation", derivation)
                .query(Integer.class)
                .single();
    }

    Optional<VersionView> version(String model, int version) {
        return jdbc.sql(VERSION_VIEW + " where v.model = :model and v.version = :version")
                .param("model", model)
                .param("version", version)
                .query((row, _) -> versionView(row, siblings(model)))
                .optional();
    }

    /// Newest first.
    List<VersionView> versions(String model) {
        var siblings = siblings(model);
        return jdbc.sql(VERSION_VIEW + " where v.model = :model order by v.version desc")
                .param("model", model)
                .query((row, _) -> versionView(row, siblings))
                .list();
    }

    private List<SiblingView> siblings(String model) {
        return jdbc.sql(SIBLINGS)
                .param("model", model)
                .query(ModelRepository::siblingView)
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
        jdbc.sql("""
                update derivation set outcome = 'RETURNED', finished_at = now()
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

    /// @param siblings of all versions of the model
    private static VersionView versionView(ResultSet row, List<SiblingView> siblings) throws SQLException {
        int version = row.getInt("version");
        var state = VersionState.valueOf(row.getString("state"));
        return new VersionView(
                row.getString("model"),
                version,
                state,
                row.getString("sha256"),
                row.getObject("bytes", Long.class),
                row.getBoolean("deployed"),
                row.getInt("attempts"),
                row.getObject("uploaded_at", OffsetDateTime.class).toInstant(),
                instant(row.getObject("decided_at", OffsetDateTime.class)),
                reason(state, row.getLong("workers"), row.getInt("derived_from"), row.getBoolean("needs_cuda")),
                json(row.getString("profile")),
                json(row.getString("failure")),
                row.getObject("derived_from", Integer.class),
                row.getString("derivation"),
                siblings.stream()
                        .filter(pair -> pair.original().version() == version
                                || pair.derived().version() == version)
                        .toList());
    }

    private static SiblingView siblingView(ResultSet row, int index) throws SQLException {
        var comparison = json(row.getString("comparison"));
        return new SiblingView(
                row.getString("derivation"),
                side(row, "o", comparison == null ? null : comparison.path("originalModelBytes")),
                side(row, "d", comparison == null ? null : comparison.path("derivedModelBytes")),
                comparison == null ? null : comparison.get("answers"));
    }

    private static SiblingView.Side side(ResultSet row, String prefix, @Nullable JsonNode modelBytes)
            throws SQLException {
        var profile = json(row.getString(prefix + "_profile"));
        return new SiblingView.Side(
                row.getInt(prefix + "_version"),
                VersionState.valueOf(row.getString(prefix + "_state")),
                row.getObject(prefix + "_bytes", Long.class),
                modelBytes == null ? null : modelBytes.asLong(),
                profile == null ? null : profile.path("memoryBytes").asLong(),
                profile == null ? null : profile.path("loadMillis").asDouble(),
                profile == null
                        ? null
                        : profile.path("millisPerRow").asDouble()
                                + profile.path("millisPerCall").asDouble(),
                profile == null ? null : profile.path("millisPerRow").asDouble(),
                profile == null ? null : profile.path("millisPerCall").asDouble(),
                profile == null ? null : profile.get("tuning"));
    }

    private static @Nullable String reason(VersionState state, long workers, int derivedFrom, boolean needsCuda) {
        return switch (state) {
            case DERIVING ->
                workers == 0
                        ? "waits to be made of version " + derivedFrom + ": no worker is alive"
                        : "a worker makes it of version " + derivedFrom + " once that is READY";
            case UPLOADED ->
                workers == 0
                        ? "waits for validation: no worker is alive"
                        : "waits for validation: every worker " + (needsCuda ? "with a CUDA device " : "")
                                + "is busy with others";
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
