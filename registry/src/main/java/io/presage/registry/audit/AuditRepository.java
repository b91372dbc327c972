package io.presage.registry.audit;

import java.time.OffsetDateTime;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/// SQL of `audit` and `state_revision`.
final class AuditRepository {
    private static final JsonMapper JSON = new JsonMapper();

    private final JdbcClient jdbc;

    AuditRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    long nextRevision() {
        return jdbc.sql("update state_revision set revision = revision + 1 returning revision")
                .query(Long.class)
                .single();
    }

    void insert(long revision, Actor actor, Change change) {
        jdbc.sql("""
                insert into audit (revision, actor, action, subject, details, request_id)
                values (:revision, :actor, :action, :subject, cast(:details as jsonb), :requestId)
                """)
                .param("revision", revision)
                .param("actor", actor.name())
                .param("action", change.action())
                .param("subject", change.subject())
                .param("details", JSON.writeValueAsString(change.details()))
                .param("requestId", actor.requestId())
                .update();
    }

    /// Delivered by Postgres when the transaction commits, and only then.
    void announce(long revision) {
        jdbc.sql("select pg_notify('presage_state', :revision)")
                .param("revision", Long.toString(revision))
                .query((_, _) -> revision)
                .single();
    }

    /// Newest first.
    List<AuditEntry> before(long id, int limit) {
        return jdbc.sql("""
                select id, at, revision, actor, action, subject, details, request_id
                  from audit where id < :id order by id desc limit :limit
                """)
                .param("id", id)
                .param("limit", limit)
                .query((row, _) -> new AuditEntry(
                        row.getLong("id"),
                        row.getObject("at", OffsetDateTime.class).toInstant(),
                        row.getLong("revision"),
                        row.getString("actor"),
                        row.getString("action"),
                        row.getString("subject"),
                        JSON.readTree(row.getString("details")),
                        row.getString("request_id")))
                .list();
    }
}
