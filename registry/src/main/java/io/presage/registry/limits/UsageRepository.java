package io.presage.registry.limits;

import io.presage.contract.state.SliceRequest;
import java.time.LocalDate;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/// SQL of `tenant_usage`.
final class UsageRepository {
    private final JdbcClient jdbc;

    UsageRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Of one tenant in one day, over all gateways.
    record Total(long calls, long rows) {}

    /// Of one day.
    record Day(LocalDate day, long calls, long rows) {}

    /// Totals only grow, so that an older report that comes late changes nothing.
    void record(String incarnation, SliceRequest.Usage usage) {
        jdbc.sql("""
                insert into tenant_usage (tenant, day, gateway, calls, rows)
                values (:tenant, :day, :gateway, :calls, :rows)
                on conflict (tenant, day, gateway) do update set
                    calls = greatest(tenant_usage.calls, excluded.calls),
                    rows = greatest(tenant_usage.rows, excluded.rows)
                """)
                .param("tenant", usage.tenant())
                .param("day", LocalDate.ofEpochDay(usage.day()))
                .param("gateway", incarnation)
                .param("calls", usage.calls())
                .param("rows", usage.rows())
                .update();
    }

    Total total(String tenant, long day) {
        return jdbc.sql("""
                select coalesce(sum(calls), 0)::bigint as calls, coalesce(sum(rows), 0)::bigint as rows
                  from tenant_usage where tenant = :tenant and day = :day
                """)
                .param("tenant", tenant)
                .param("day", LocalDate.ofEpochDay(day))
                .query((row, _) -> new Total(row.getLong("calls"), row.getLong("rows")))
                .single();
    }

    /// The latest `days` that have any, newest first.
    List<Day> days(String tenant, int days) {
        return jdbc.sql("""
                select day, sum(calls)::bigint as calls, sum(rows)::bigint as rows
                  from tenant_usage where tenant = :tenant group by day order by day desc limit :days
                """)
                .param("tenant", tenant)
                .param("days", days)
                .query((row, _) ->
                        new Day(row.getObject("day", LocalDate.class), row.getLong("calls"), row.getLong("rows")))
                .list();
    }

    void forgetBefore(LocalDate day) {
        jdbc.sql("delete from tenant_usage where day < :day").param("day", day).update();
    }
}
