package io.presage.registry.aliases;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

/// SQL of `alias`. Writes happen in the service's transaction, with the model's row locked.
final class AliasRepository {
    private final JdbcClient jdbc;

    AliasRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// In the order of the names.
    Map<String, Integer> all(String model) {
        var aliases = new LinkedHashMap<String, Integer>();
        jdbc.sql("select alias, version from alias where model = :model order by alias collate \"C\"")
                .param("model", model)
                .query(row -> {
                    aliases.put(row.getString("alias"), row.getInt("version"));
                });
        return aliases;
    }

    Optional<Integer> find(String model, String alias) {
        return jdbc.sql("select version from alias where model = :model and alias = :alias")
                .param("model", model)
                .param("alias", alias)
                .query(Integer.class)
                .optional();
    }

    void put(String model, String alias, int version) {
        jdbc.sql("""
                insert into alias (model, alias, version) values (:model, :alias, :version)
                on conflict (model, alias) do update set version = excluded.version, moved_at = now()
                """)
                .param("model", model)
                .param("alias", alias)
                .param("version", version)
                .update();
    }

    void delete(String model, String alias) {
        jdbc.sql("delete from alias where model = :model and alias = :alias")
                .param("model", model)
                .param("alias", alias)
                .update();
    }
}
