package io.presage.registry.feed;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;

/// What transactions touched since an earlier read: the rows of `state_touch` that the earlier read's snapshot
/// did not see. Triggers write them, so no service can forget to. The oldest row that is kept stands for all that
/// were deleted: where one is older than every transaction that the earlier read missed, nothing that is needed
/// was.
///
/// Within a reader's transaction. Where that is not REPEATABLE READ, take the mark for next time first, then ask
/// what was touched, then read: what is committed in between is read twice and never missed.
public final class StateTouches {
    private final JdbcClient jdbc;

    public StateTouches(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// @param models names; some may be gone
    /// @param kinds what else: `worker`, `key`, `limits`
    public record Touched(Set<String> models, Set<String> kinds) {
        public Touched {
            models = Set.copyOf(models);
            kinds = Set.copyOf(kinds);
        }
    }

    /// Names what this transaction sees now.
    public String mark() {
        return jdbc.sql("select pg_current_snapshot()::text")
                .query(String.class)
                .single();
    }

    /// Empty where that is not known any more.
    public Optional<Touched> since(String mark) {
        if (!isRemembered(mark)) {
            return Optional.empty();
        }
        var models = new HashSet<String>();
        var kinds = new HashSet<String>();
        jdbc.sql("""
                select distinct kind, name from state_touch
                 where xid >= pg_snapshot_xmin(cast(:mark as pg_snapshot))
                   and not pg_visible_in_snapshot(xid, cast(:mark as pg_snapshot))
                """).param("mark", mark).query(row -> {
            var kind = row.getString("kind");
            if (kind.equals("model")) {
                models.add(row.getString("name"));
            } else {
                kinds.add(kind);
            }
        });
        return Optional.of(new Touched(models, kinds));
    }

    private boolean isRemembered(String mark) {
        return jdbc.sql("""
                select exists (select from state_touch where xid < pg_snapshot_xmin(cast(:mark as pg_snapshot)))
                """).param("mark", mark).query(Boolean.class).single();
    }

    /// Deletes what was touched more than an hour ago, but for the youngest of it.
    void forget() {
        jdbc.sql("""
                delete from state_touch
                 where xid < (select xid from state_touch where at < now() - interval '1 hour'
                               order by xid desc limit 1)
                """).update();
    }
}
