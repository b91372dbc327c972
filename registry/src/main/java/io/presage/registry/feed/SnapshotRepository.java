package io.presage.registry.feed;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toMap;

import io.presage.contract.state.DesiredState;
import io.presage.contract.state.Limit;
import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.Tuning;
import io.presage.registry.limits.TenantRepository;
import io.presage.registry.routes.PolicyRepository;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Reads the state in one repeatable-read transaction: everything, or what was touched since an earlier read.
/// Because the revision's row is locked last in every change, what this sees at revision N is everything up to
/// N and nothing after it.
///
/// What was touched, [StateTouches] knows.
final class SnapshotRepository {
    private static final int WHOLE = 10_000;

    /// With more, everything is read: that is as fast.
    private static final int TOUCHED_MAX = 1_000;

    /// A newer registry may have written more.
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final JdbcClient jdbc;
    private final PolicyRepository policies;
    private final TransactionTemplate snapshot;
    private final TenantRepository tenants;
    private final StateTouches touches;

    /// @param snapshot read-only, REPEATABLE READ
    SnapshotRepository(JdbcClient jdbc, PolicyRepository policies, TransactionTemplate snapshot) {
        this.jdbc = jdbc;
        this.policies = policies;
        this.snapshot = snapshot;
        this.tenants = new TenantRepository(jdbc);
        this.touches = new StateTouches(jdbc);
    }

    long revision() {
        return jdbc.sql("select revision from state_revision").query(Long.class).single();
    }

    /// Everything.
    PlatformState.Whole read() {
        return snapshot.execute(_ -> whole());
    }

    /// What was touched since the read that `mark` names, or everything where that cannot be told.
    PlatformState readSince(String mark) {
        return snapshot.execute(_ -> touches.since(mark)
                .filter(touched ->
                        !touched.kinds().contains("worker") && touched.models().size() <= TOUCHED_MAX)
                .map(this::touched)
                .map(PlatformState.class::cast)
                .orElseGet(this::whole));
    }

    void forget() {
        touches.forget();
    }

    private PlatformState.Whole whole() {
        return new PlatformState.Whole(
                revision(),
                touches.mark(),
                new RoutingTable(0, models(Filter.NONE), workers(), keys(), tenants.rules()),
                desiredStates());
    }

    private PlatformState.Touched touched(StateTouches.Touched touched) {
        var models = touched.models();
        var only = new Filter(models);
        return new PlatformState.Touched(
                revision(),
                touches.mark(),
                models,
                models.isEmpty() ? List.of() : models(only),
                touched.kinds().contains("key") ? keys() : null,
                touched.kinds().contains("limits") ? tenants.rules() : null,
                models.isEmpty() ? Map.of() : assignments(only),
                tasks());
    }

    /// Rows of some models, or of all.
    private record Filter(@Nullable Set<String> models) {
        static final Filter NONE = new Filter(null);

        /// `sql` with each `{}` replaced by a condition on `column`.
        JdbcClient.StatementSpec on(JdbcClient jdbc, String column, String sql) {
            return models == null
                    ? jdbc.sql(sql.replace("{}", "true"))
                    : jdbc.sql(sql.replace("{}", column + " = any(:models)"))
                            .param("models", models.toArray(String[]::new));
        }
    }

    private record VersionKey(String model, int version) {}

    private record Owned<K, V>(K owner, V value) {}

    private static <K, V> Map<K, List<V>> grouped(List<Owned<K, V>> rows) {
        return rows.stream().collect(groupingBy(Owned::owner, mapping(Owned::value, toList())));
    }

    private List<RoutingTable.Model> models(Filter only) {
        // A replica that has to be loaded again is for those who find no Ready one.
        var servable = grouped(only.on(jdbc, "model", """
                select model, version, worker_id
                  from (select model, version, worker_id, ready,
                               bool_or(ready) over (partition by model, version) as any_ready
                          from servable_replica where {}) as replica
                 where ready = any_ready order by worker_id collate "C"
                """)
                .query((row, _) -> new Owned<>(versionKey(row), row.getString("worker_id")))
                .list());
        var loading = only
                .on(jdbc, "a.model", """
                select a.model, a.version, max((v.profile ->> 'loadMillis')::double precision) as load_millis
                  from assignment a
                  join model_version v on v.model = a.model and v.version = a.version
                  join worker w on w.id = a.worker_id and w.live and not w.draining
                  left join slot s on s.worker_id = a.worker_id and s.model = a.model and s.version = a.version
                 where {} and coalesce(s.state, 'NEW') in ('NEW', 'FETCHING', 'LOADING', 'WARMING')
                   and s.reloading is not true
                 group by a.model, a.version
                """)
                .query((row, _) -> Map.entry(
                        versionKey(row), new RoutingTable.Loading((long) Math.ceil(row.getDouble("load_millis")))))
                .list()
                .stream()
                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
        var versions = grouped(only.on(jdbc, "model", """
                select model, version, sha256 from model_version
                 where {} and state in ('DERIVING', 'UPLOADED', 'VALIDATING', 'READY') order by model, version
                """)
                .query((row, _) -> {
                    var workers = servable.getOrDefault(versionKey(row), List.of());
                    var onItsWay = workers.isEmpty() ? loading.get(versionKey(row)) : null;
                    return new Owned<>(
                            row.getString("model"),
                            new RoutingTable.Version(
                                    row.getInt("version"), workers, row.getString("sha256"), onItsWay));
                })
                .list());
        var aliases = grouped(only.on(jdbc, "model", """
                select model, alias, version from alias where {}
                union all
                select model, 'champion', live_active from route where live_active is not null and {}
                """)
                .query((row, _) ->
                        new Owned<>(row.getString("model"), Map.entry(row.getString("alias"), row.getInt("version"))))
                .list());
        var routePolicies = policies.of(only.models());
        return only.on(jdbc, "m.name", """
                select m.name, r.live_active, r.live_candidate, r.live_weight
                  from model m left join route r on r.model = m.name where {} order by m.name collate "C"
                """)
                .query((row, _) -> new RoutingTable.Model(
                        row.getString("name"),
                        targets(row),
                        versions.getOrDefault(row.getString("name"), List.of()),
                        aliases.getOrDefault(row.getString("name"), List.of()).stream()
                                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue)),
                        routePolicies.get(row.getString("name"))))
                .list();
    }

    private static List<RoutingTable.Target> targets(ResultSet row) throws SQLException {
        int active = row.getInt("live_active");
        int candidate = row.getInt("live_candidate");
        int weight = row.getInt("live_weight");
        if (active == 0) {
            return List.of();
        }
        return candidate == 0
                ? List.of(new RoutingTable.Target(active, WHOLE))
                : List.of(new RoutingTable.Target(active, WHOLE - weight), new RoutingTable.Target(candidate, weight));
    }

    private List<RoutingTable.Worker> workers() {
        return jdbc.sql("select id, host, port from worker where live and not draining order by id collate \"C\"")
                .query((row, _) ->
                        new RoutingTable.Worker(row.getString("id"), row.getString("host"), row.getInt("port")))
                .list();
    }

    private List<RoutingTable.Key> keys() {
        return jdbc.sql("""
                select id, sha256, roles, models, tenant, limit_permits, limit_period_millis,
                       row_limit_permits, row_limit_period_millis
                  from api_key where revoked_at is null order by id
                """)
                .query((row, _) -> new RoutingTable.Key(
                        row.getString("id"),
                        row.getString("sha256"),
                        texts(row.getArray("roles")).stream()
                                .map(Role::valueOf)
                                .collect(Collectors.toUnmodifiableSet()),
                        texts(row.getArray("models")),
                        limit(row.getInt("limit_permits"), row.getLong("limit_period_millis")),
                        row.getString("tenant"),
                        limit(row.getInt("row_limit_permits"), row.getLong("row_limit_period_millis"))))
                .list();
    }

    private static @Nullable Limit limit(int permits, long periodMillis) {
        return permits == 0 ? null : new Limit(permits, periodMillis);
    }

    private Map<String, List<DesiredState.Assignment>> assignments(Filter only) {
        return grouped(only.on(jdbc, "x.model", """
                select x.worker_id, x.model, x.version, v.sha256, a.bytes, v.profile -> 'tuning' as tuning
                  from assignment x
                  join model_version v on v.model = x.model and v.version = x.version
                  join artifact a on a.sha256 = v.sha256
                 where {} order by x.model collate "C", x.version
                """)
                .query((row, _) -> new Owned<>(
                        row.getString("worker_id"),
                        new DesiredState.Assignment(
                                row.getString("model"),
                                row.getInt("version"),
                                row.getString("sha256"),
                                row.getLong("bytes"),
                                tuning(row.getString("tuning")))))
                .list());
    }

    private PlatformState.Tasks tasks() {
        var validations = grouped(jdbc.sql("""
                select x.id, x.worker_id, x.model, x.version, v.sha256, a.bytes
                  from validation x
                  join model_version v on v.model = x.model and v.version = x.version
                  join artifact a on a.sha256 = v.sha256
                 where x.outcome is null order by x.assigned_at, x.id
                """)
                .query((row, _) -> new Owned<>(
                        row.getString("worker_id"),
                        new DesiredState.Validation(
                                row.getString("id"),
                                row.getString("model"),
                                row.getInt("version"),
                                row.getString("sha256"),
                                row.getLong("bytes"))))
                .list());
        var derivations = grouped(jdbc.sql("""
                select x.id, x.worker_id, x.model, x.version, o.sha256, a.bytes, v.derivation
                  from derivation x
                  join model_version v on v.model = x.model and v.version = x.version
                  join model_version o on o.model = v.model and o.version = v.derived_from
                  join artifact a on a.sha256 = o.sha256
                 where x.outcome is null order by x.assigned_at, x.id
                """)
                .query((row, _) -> new Owned<>(
                        row.getString("worker_id"),
                        new DesiredState.Derivation(
                                row.getString("id"),
                                row.getString("model"),
                                row.getInt("version"),
                                row.getString("sha256"),
                                row.getLong("bytes"),
                                row.getString("derivation"))))
                .list());
        return new PlatformState.Tasks(validations, derivations);
    }

    private Map<String, DesiredState> desiredStates() {
        var assignments = assignments(Filter.NONE);
        var tasks = tasks();
        return jdbc.sql("select id from worker").query((row, _) -> row.getString("id")).list().stream()
                .collect(toMap(
                        Function.identity(),
                        id -> new DesiredState(
                                0,
                                assignments.getOrDefault(id, List.of()),
                                tasks.validations(id),
                                tasks.derivations(id))));
    }

    private static @Nullable Tuning tuning(@Nullable String json) {
        return json == null ? null : JSON.readValue(json, Tuning.class);
    }

    private static VersionKey versionKey(ResultSet row) throws SQLException {
        return new VersionKey(row.getString("model"), row.getInt("version"));
    }

    private static Set<String> texts(Array array) throws SQLException {
        return Arrays.stream((String[]) array.getArray()).collect(Collectors.toUnmodifiableSet());
    }
}
