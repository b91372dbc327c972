package io.presage.registry.access;

import io.presage.contract.state.Limit;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Role;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/// SQL of `api_key`. Writes happen in a service's transaction.
final class KeyRepository {
    private static final String COLUMNS =
            "id, name, roles, models, limit_permits, limit_period_millis, tenant, row_limit_permits,"
                    + " row_limit_period_millis, created_at";

    private final JdbcClient jdbc;

    KeyRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// The key with this digest, unless it is revoked.
    Optional<ApiKey> findBySha256(String sha256) {
        return jdbc.sql("select " + COLUMNS + " from api_key where sha256 = :sha256 and revoked_at is null")
                .param("sha256", sha256)
                .query(KeyRepository::key)
                .optional();
    }

    Optional<ApiKey> find(String id) {
        return jdbc.sql("select " + COLUMNS + " from api_key where id = :id and revoked_at is null")
                .param("id", id)
                .query(KeyRepository::key)
                .optional();
    }

    /// Oldest first, without the revoked ones.
    List<ApiKey> all() {
        return jdbc.sql("select " + COLUMNS + " from api_key where revoked_at is null order by created_at, id")
                .query(KeyRepository::key)
                .list();
    }

    /// False when a key of this id was there before, revoked or not.
    boolean insert(KeyText text, CreateKey key) {
        var limit = key.limit();
        var rowLimit = key.rowLimit();
        return jdbc.sql("""
                        insert into api_key (id, name, sha256, roles, models, limit_permits, limit_period_millis,
                                             tenant, row_limit_permits, row_limit_period_millis)
                        values (:id, :name, :sha256, :roles, :models, :permits, :periodMillis,
                                :tenant, :rowPermits, :rowPeriodMillis)
                        on conflict (id) do nothing
                        """)
                        .param("id", text.id())
                        .param("name", key.name())
                        .param("sha256", text.sha256())
                        .param(
                                "roles",
                                key.roles().stream().map(Role::name).sorted().toArray(String[]::new))
                        .param("models", key.modelsOrAll().stream().sorted().toArray(String[]::new))
                        .param("permits", limit == null ? null : limit.permits())
                        .param("periodMillis", limit == null ? null : limit.periodMillis())
                        .param("tenant", key.tenantOrDefault())
                        .param("rowPermits", rowLimit == null ? null : rowLimit.permits())
                        .param("rowPeriodMillis", rowLimit == null ? null : rowLimit.periodMillis())
                        .update()
                == 1;
    }

    /// Holds the tenant until the transaction ends; false when there is none.
    boolean lockTenant(String tenant) {
        return jdbc.sql("select name from tenant where name = :tenant for key share")
                .param("tenant", tenant)
                .query(String.class)
                .optional()
                .isPresent();
    }

    void setLimits(String id, Limits limits) {
        var calls = limits.calls();
        var rows = limits.rows();
        jdbc.sql("""
                update api_key set limit_permits = :permits, limit_period_millis = :periodMillis,
                                   row_limit_permits = :rowPermits, row_limit_period_millis = :rowPeriodMillis
                 where id = :id and revoked_at is null
                """)
                .param("id", id)
                .param("permits", calls == null ? null : calls.permits())
                .param("periodMillis", calls == null ? null : calls.periodMillis())
                .param("rowPermits", rows == null ? null : rows.permits())
                .param("rowPeriodMillis", rows == null ? null : rows.periodMillis())
                .update();
    }

    /// Locks all ADMIN keys, so that two admins cannot revoke each other, and returns their ids.
    Set<String> lockAdmins() {
        return Set.copyOf(jdbc.sql("""
                select id from api_key where revoked_at is null and 'ADMIN' = any (roles) order by id for update
                """).query((row, _) -> row.getString("id")).list());
    }

    void revoke(String id) {
        jdbc.sql("update api_key set revoked_at = now() where id = :id and revoked_at is null")
                .param("id", id)
                .update();
    }

    private static ApiKey key(ResultSet row, int index) throws SQLException {
        return new ApiKey(
                row.getString("id"),
                row.getString("name"),
                texts(row.getArray("roles")).stream().map(Role::valueOf).collect(Collectors.toUnmodifiableSet()),
                texts(row.getArray("models")),
                limit(row.getInt("limit_permits"), row.getLong("limit_period_millis")),
                row.getString("tenant"),
                limit(row.getInt("row_limit_permits"), row.getLong("row_limit_period_millis")),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }

    private static @Nullable Limit limit(int permits, long periodMillis) {
        return permits == 0 ? null : new Limit(permits, periodMillis);
    }

    private static Set<String> texts(Array array) throws SQLException {
        return Arrays.stream((String[]) array.getArray()).collect(Collectors.toUnmodifiableSet());
    }
}
