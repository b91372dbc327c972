package io.presage.registry.routes;

import io.presage.contract.state.TrafficPolicy;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/// SQL of `route_policy` and `route_rule`. Writes happen in a service's transaction, with the model's row locked.
public final class PolicyRepository {
    private final JdbcClient jdbc;

    PolicyRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    TrafficPolicy find(String model) {
        return of(Set.of(model)).getOrDefault(model, TrafficPolicy.NONE);
    }

    /// Of those models that have one; null asks for all.
    public Map<String, TrafficPolicy> of(@Nullable Set<String> models) {
        var names = models == null ? null : models.toArray(String[]::new);
        var rules = new HashMap<String, List<TrafficPolicy.Rule>>();
        jdbc.sql("""
                select model, header, value, coalesce(alias, version::text) as target from route_rule
                 where cast(:models as text[]) is null or model = any(:models) order by model, position
                """).param("models", names).query(row -> {
            rules.computeIfAbsent(row.getString("model"), _ -> new ArrayList<>())
                    .add(new TrafficPolicy.Rule(
                            row.getString("header"), row.getString("value"), row.getString("target")));
        });
        var policies = new HashMap<String, TrafficPolicy>();
        jdbc.sql("""
                select model, sticky_by, sticky_name, shadow_version, shadow_share, shadow_tolerance,
                       shadow_in_flight_max, cache_max_age_millis, cache_max_bytes
                  from route_policy where cast(:models as text[]) is null or model = any(:models)
                """).param("models", names).query(row -> {
            String name = row.getString("model");
            policies.put(name, policy(row, rules.getOrDefault(name, List.of())));
        });
        return policies;
    }

    private static TrafficPolicy policy(ResultSet row, List<TrafficPolicy.Rule> rules) throws SQLException {
        String by = row.getString("sticky_by");
        int shadow = row.getInt("shadow_version");
        long age = row.getLong("cache_max_age_millis");
        return new TrafficPolicy(
                by == null
                        ? null
                        : new TrafficPolicy.Sticky(TrafficPolicy.By.valueOf(by), row.getString("sticky_name")),
                rules,
                shadow == 0
                        ? null
                        : new TrafficPolicy.Shadow(
                                shadow,
                                row.getInt("shadow_share"),
                                row.getDouble("shadow_tolerance"),
                                row.getInt("shadow_in_flight_max")),
                age == 0 ? null : new TrafficPolicy.Cache(age, row.getLong("cache_max_bytes")));
    }

    void save(String model, TrafficPolicy policy) {
        jdbc.sql("delete from route_policy where model = :model")
                .param("model", model)
                .update();
        if (policy.equals(TrafficPolicy.NONE)) {
            return;
        }
        var sticky = policy.sticky();
        var shadow = policy.shadow();
        var cache = policy.cache();
        jdbc.sql("""
                insert into route_policy (model, sticky_by, sticky_name, shadow_version, shadow_share, shadow_tolerance,
                                          shadow_in_flight_max, cache_max_age_millis, cache_max_bytes)
                values (:model, :stickyBy, :stickyName, :shadow, :share, :tolerance, :inFlightMax, :maxAge, :maxBytes)
                """)
                .param("model", model)
                .param("stickyBy", sticky == null ? null : sticky.by().name())
                .param("stickyName", sticky == null ? null : sticky.name())
                .param("shadow", shadow == null ? null : shadow.version())
                .param("share", shadow == null ? null : shadow.shareBasisPoints())
                .param("tolerance", shadow == null ? null : shadow.tolerance())
                .param("inFlightMax", shadow == null ? null : shadow.inFlightMax())
                .param("maxAge", cache == null ? null : cache.maxAgeMillis())
                .param("maxBytes", cache == null ? null : cache.maxBytes())
                .update();
        for (int i = 0; i < policy.rules().size(); i++) {
            insert(model, i, policy.rules().get(i));
        }
    }

    private void insert(String model, int position, TrafficPolicy.Rule rule) {
        boolean isVersion = Character.isDigit(rule.target().charAt(0));
        jdbc.sql("""
                insert into route_rule (model, position, header, value, version, alias)
                values (:model, :position, :header, :value, :version, :alias)
                """)
                .param("model", model)
                .param("position", position)
                .param("header", rule.header())
                .param("value", rule.value())
                .param("version", isVersion ? Integer.valueOf(rule.target()) : null)
                .param("alias", isVersion ? null : rule.target())
                .update();
    }

    boolean hasAlias(String model, String alias) {
        return jdbc.sql("select exists (select from alias where model = :model and alias = :alias)")
                .param("model", model)
                .param("alias", alias)
                .query(Boolean.class)
                .single();
    }
}
