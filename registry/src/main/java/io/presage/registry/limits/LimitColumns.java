package io.presage.registry.limits;

import io.presage.contract.state.Limit;
import io.presage.contract.state.Limits;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The four columns that hold [Limits] wherever there are some. Pure.
public final class LimitColumns {
    public static final String NAMES = "calls_permits, calls_period_millis, rows_permits, rows_period_millis";
    static final String VALUES = ":callsPermits, :callsPeriodMillis, :rowsPermits, :rowsPeriodMillis";

    public static Limits read(ResultSet row) throws SQLException {
        return new Limits(
                limit(row.getInt("calls_permits"), row.getLong("calls_period_millis")),
                limit(row.getInt("rows_permits"), row.getLong("rows_period_millis")));
    }

    static Map<String, @Nullable Object> parameters(Limits limits) {
        var parameters = new HashMap<String, @Nullable Object>();
        var calls = limits.calls();
        var rows = limits.rows();
        parameters.put("callsPermits", calls == null ? null : calls.permits());
        parameters.put("callsPeriodMillis", calls == null ? null : calls.periodMillis());
        parameters.put("rowsPermits", rows == null ? null : rows.permits());
        parameters.put("rowsPeriodMillis", rows == null ? null : rows.periodMillis());
        return parameters;
    }

    private static @Nullable Limit limit(int permits, long periodMillis) {
        return permits == 0 ? null : new Limit(permits, periodMillis);
    }

    private LimitColumns() {}
}
