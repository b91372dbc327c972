package io.presage.registry.limits;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import io.presage.contract.state.Limit;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Quota;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/// SQL of `tenant`, `tenant_model_limit` and `model_limit`. Writes happen in a service's transaction.
public final class TenantRepository {
    private static final String LIMITS = "calls_permits, calls_period_millis, rows_permits, rows_period_millis";
    private static final String LIMIT_VALUES = ":callsPermits, :callsPeriodMillis, :rowsPermits, :rowsPeriodMillis";
    private static final String COLUMNS =
            "name, description, " + LIMITS + ", quota_calls_per_day, quota_rows_per_day, created_at";

    private final JdbcClient jdbc;

    public TenantRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    private record ModelLimits(String tenant, String model, Limits limits) {}

    /// In the order of their names.
    List<TenantView> all() {
        var models = jdbc
                .sql("select tenant, model, " + LIMITS + " from tenant_model_limit")
                .query(TenantRepository::modelLimits)
                .list()
                .stream()
                .collect(groupingBy(ModelLimits::tenant));
        return jdbc.sql("select " + COLUMNS + " from tenant order by name collate \"C\"")
                .query((row, _) -> view(row, models.getOrDefault(row.getString("name"), List.of())))
                .list();
    }

    Optional<TenantView> find(String name) {
        var models = jdbc.sql("select tenant, model, " + LIMITS + " from tenant_model_limit where tenant = :name")
                .param("name", name)
                .query(TenantRepository::modelLimits)
                .list();
        return jdbc.sql("select " + COLUMNS + " from tenant where name = :name")
                .param("name", name)
                .query((row, _) -> view(row, models))
                .optional();
    }

    /// What gateways hold: every limit and quota that is not a key's own.
    public LimitRules rules() {
        return new LimitRules(
                all().stream()
                        .map(tenant ->
                                new LimitRules.Tenant(tenant.name(), tenant.limits(), tenant.models(), tenant.quota()))
                        .filter(tenant -> !tenant.limits().unlimited()
                                || !tenant.models().isEmpty()
                                || !tenant.quota().unlimited())
                        .toList(),
                jdbc.sql("select model, " + LIMITS + " from model_limit order by model collate \"C\"")
                        .query((row, _) -> new LimitRules.Model(row.getString("model"), limits(row)))
                        .list());
    }

    /// True when it is new.
    boolean put(String name, PutTenant tenant) {
        var quota = tenant.quotaOrNone();
        boolean isNew = jdbc.sql("insert into tenant (name, description, " + LIMITS
                        + ", quota_calls_per_day, quota_rows_per_day) values (:name, :description, "
                        + LIMIT_VALUES + """
                        , :quotaCalls, :quotaRows)
                        on conflict (name) do update set
                            description = excluded.description,
                            calls_permits = excluded.calls_permits,
                            calls_period_millis = excluded.calls_period_millis,
                            rows_permits = excluded.rows_permits,
                            rows_period_millis = excluded.rows_period_millis,
                            quota_calls_per_day = excluded.quota_calls_per_day,
                            quota_rows_per_day = excluded.quota_rows_per_day
                        returning xmax = 0 as is_new
                        """)
                .params(parameters(tenant.limitsOrNone()))
                .param("name", name)
                .param("description", tenant.descriptionOrNone())
                .param("quotaCalls", quota.callsPerDay())
                .param("quotaRows", quota.rowsPerDay())
                .query(Boolean.class)
                .single();
        jdbc.sql("delete from tenant_model_limit where tenant = :name")
                .param("name", name)
                .update();
        tenant.modelsOrNone()
                .forEach((model, limits) -> jdbc.sql("insert into tenant_model_limit (tenant, model, " + LIMITS
                                + ") values (:name, :model, " + LIMIT_VALUES + ")")
                        .params(parameters(limits))
                        .param("name", name)
                        .param("model", model)
                        .update());
        return isNew;
    }

    /// Locks the tenant against keys that would be added to it meanwhile. False when there is none.
    boolean lock(String name) {
        return jdbc.sql("select name from tenant where name = :name for update")
                .param("name", name)
                .query(String.class)
                .optional()
                .isPresent();
    }

    int keysInUse(String name) {
        return jdbc.sql("select count(*) from api_key where tenant = :name and revoked_at is null")
                .param("name", name)
                .query(Integer.class)
                .single();
    }

    /// Revoked keys, which still name it, go to the default tenant.
    void delete(String name) {
        jdbc.sql("update api_key set tenant = 'default' where tenant = :name")
                .param("name", name)
                .update();
        jdbc.sql("delete from tenant where name = :name").param("name", name).update();
    }

    Limits modelLimits(String model) {
        return jdbc.sql("select " + LIMITS + " from model_limit where model = :model")
                .param("model", model)
                .query((row, _) -> limits(row))
                .optional()
                .orElse(Limits.NONE);
    }

    void putModelLimits(String model, Limits limits) {
        jdbc.sql("delete from model_limit where model = :model")
                .param("model", model)
                .update();
        if (!limits.unlimited()) {
            jdbc.sql("insert into model_limit (model, " + LIMITS + ") values (:model, " + LIMIT_VALUES + ")")
                    .params(parameters(limits))
                    .param("model", model)
                    .update();
        }
    }

    private static Limits limits(ResultSet row) throws SQLException {
        return new Limits(
                limit(row.getInt("calls_permits"), row.getLong("calls_period_millis")),
                limit(row.getInt("rows_permits"), row.getLong("rows_period_millis")));
    }

    private static @Nullable Limit limit(int permits, long periodMillis) {
        return permits == 0 ? null : new Limit(permits, periodMillis);
    }

    private static Map<String, @Nullable Object> parameters(Limits limits) {
        var parameters = new HashMap<String, @Nullable Object>();
        var calls = limits.calls();
        var rows = limits.rows();
        parameters.put("callsPermits", calls == null ? null : calls.permits());
        parameters.put("callsPeriodMillis", calls == null ? null : calls.periodMillis());
        parameters.put("rowsPermits", rows == null ? null : rows.permits());
        parameters.put("rowsPeriodMillis", rows == null ? null : rows.periodMillis());
        return parameters;
    }

    private static TenantView view(ResultSet row, List<ModelLimits> models) throws SQLException {
        return new TenantView(
                row.getString("name"),
                row.getString("description"),
                limits(row),
                models.stream().collect(toMap(ModelLimits::model, ModelLimits::limits)),
                quota(row),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }

    private static Quota quota(ResultSet row) throws SQLException {
        return new Quota(positive(row.getLong("quota_calls_per_day")), positive(row.getLong("quota_rows_per_day")));
    }

    private static @Nullable Long positive(long value) {
        return value == 0 ? null : value;
    }

    private static ModelLimits modelLimits(ResultSet row, int index) throws SQLException {
        return new ModelLimits(row.getString("tenant"), row.getString("model"), limits(row));
    }
}
