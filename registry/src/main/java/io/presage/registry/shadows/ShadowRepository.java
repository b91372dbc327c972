package io.presage.registry.shadows;

import io.presage.contract.state.ShadowReport;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/// SQL of `shadow_comparison` and `shadow_reporter`. Writes happen in a service's transaction.
final class ShadowRepository {
    private final JdbcClient jdbc;

    ShadowRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// False when it was noted before. Locks the sender's row: of two equal reports at once, one waits.
    boolean note(String sender, String batch) {
        return jdbc.sql("""
                insert into shadow_reporter as r (sender, batch) values (:sender, :batch)
                on conflict (sender) do update set batch = excluded.batch, reported_at = now()
                 where r.batch <> excluded.batch
                """).param("sender", sender).param("batch", batch).update() == 1;
    }

    /// Each start of a gateway is a new one.
    void forgetOldReporters() {
        jdbc.sql("delete from shadow_reporter where reported_at < now() - interval '7 days'")
                .update();
    }

    /// Nothing when a version is unknown: the database may be older than what the gateway saw.
    void add(ShadowReport.Pair pair) {
        jdbc.sql("""
                insert into shadow_comparison as c (model, version, shadow, same, different, mismatched, failed, dropped,
                                                    top_changed, difference_max, version_nanos, shadow_nanos)
                select :model, :version, :shadow, :same, :different, :mismatched, :failed, :dropped,
                       :topChanged, :differenceMax, :versionNanos, :shadowNanos
                 where exists (select from model_version where model = :model and version = :version)
                   and exists (select from model_version where model = :model and version = :shadow)
                on conflict (model, version, shadow) do update
                   set same = c.same + excluded.same,
                       different = c.different + excluded.different,
                       mismatched = c.mismatched + excluded.mismatched,
                       failed = c.failed + excluded.failed,
                       dropped = c.dropped + excluded.dropped,
                       top_changed = c.top_changed + excluded.top_changed,
                       difference_max = greatest(c.difference_max, excluded.difference_max),
                       version_nanos = c.version_nanos + excluded.version_nanos,
                       shadow_nanos = c.shadow_nanos + excluded.shadow_nanos,
                       reported_at = now()
                """)
                .param("model", pair.model())
                .param("version", pair.version())
                .param("shadow", pair.shadow())
                .param("same", pair.same())
                .param("different", pair.different())
                .param("mismatched", pair.mismatched())
                .param("failed", pair.failed())
                .param("dropped", pair.dropped())
                .param("topChanged", pair.topChanged())
                .param("differenceMax", pair.differenceMax())
                .param("versionNanos", pair.versionNanos())
                .param("shadowNanos", pair.shadowNanos())
                .update();
    }

    /// In the order of the versions.
    List<ShadowView> all(String model) {
        return jdbc.sql("""
                select version, shadow, same, different, mismatched, failed, dropped, top_changed, difference_max,
                       version_nanos / 1e6 / nullif(same + different, 0) as mean,
                       shadow_nanos / 1e6 / nullif(same + different, 0) as shadow_mean, since, reported_at
                  from shadow_comparison where model = :model order by version, shadow
                """).param("model", model).query((row, _) -> view(row)).list();
    }

    private static ShadowView view(ResultSet row) throws SQLException {
        long same = row.getLong("same");
        long different = row.getLong("different");
        return new ShadowView(
                row.getInt("version"),
                row.getInt("shadow"),
                same + different,
                same,
                different,
                row.getLong("top_changed"),
                row.getLong("mismatched"),
                row.getLong("failed"),
                row.getLong("dropped"),
                row.getDouble("difference_max"),
                millis(row, "mean"),
                millis(row, "shadow_mean"),
                row.getObject("since", OffsetDateTime.class).toInstant(),
                row.getObject("reported_at", OffsetDateTime.class).toInstant());
    }

    private static @Nullable Double millis(ResultSet row, String column) throws SQLException {
        double value = row.getDouble(column);
        return row.wasNull() ? null : (Double) value;
    }

    int delete(String model) {
        return jdbc.sql("delete from shadow_comparison where model = :model")
                .param("model", model)
                .update();
    }
}
