package io.presage.registry.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.registry.PostgresFixture;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/// What is read by what was touched is what reading everything gives, on a real Postgres, whatever changed.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PlacementInputsTest {
    private static final Duration MEMORY = Duration.ofMinutes(10);
    private static final int MODELS = 5;

    private DriverManagerDataSource source;
    private JdbcClient jdbc;
    private TransactionTemplate transaction;
    private PlacementRepository repository;

    @BeforeAll
    void start() {
        source = new DriverManagerDataSource(PostgresFixture.freshDatabase());
        Flyway.configure()
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        jdbc = JdbcClient.create(source);
        transaction = new TransactionTemplate(new JdbcTransactionManager(source));
        repository = new PlacementRepository(jdbc);
        List.of(
                        "insert into artifact (sha256, bytes) values (repeat('a', 64), 1000)",
                        """
                insert into worker (id, incarnation, sequence, live, draining, host, port, devices, memory_bytes_max,
                                    memory_bytes_used, applied_revision)
                select 'w' || i, 'i', 1, true, false, 'h', 1, '[]', 1000, 0, 0 from generate_series(1, 3) i
                """,
                        "insert into model (name, description, last_version) select 'm' || i, '', 3 from generate_series(1, 5) i",
                        """
                insert into model_version (model, version, state, sha256, profile)
                select name, v, 'READY', repeat('a', 64), '{"memoryBytes": 10}' from model, generate_series(1, 3) v
                """,
                        "insert into route (model, goal_active, live_active) select name, 1, 1 from model",
                        "insert into route_policy (model) select name from model")
                .forEach(sql -> jdbc.sql(sql).update());
    }

    private PlacementInputs read() {
        return Objects.requireNonNull(transaction.execute(_ -> repository.read(MEMORY)));
    }

    private PlacementInputs readSince(PlacementInputs before) {
        return Objects.requireNonNull(transaction.execute(_ -> repository.readSince(before, MEMORY)));
    }

    private static final List<String> CHANGES = List.of(
            "update route set goal_active = :v where model = :m and goal_candidate is null",
            "update route set goal_candidate = :v, goal_weight = 5 where model = :m and goal_active <> :v",
            "update route set goal_candidate = null, goal_weight = 0 where model = :m",
            "update route set live_active = :v where model = :m and live_candidate is null",
            "update route set previous = :v where model = :m",
            "update route set previous = null where model = :m",
            "insert into alias (model, alias, version) values (:m, 'a', :v) on conflict (model, alias) do update set version = :v",
            "delete from alias where model = :m",
            "insert into route_rule (model, position, header, value, version) values (:m, :v, 'h', 'v', :v) on conflict do nothing",
            "delete from route_rule where model = :m",
            "update route_policy set shadow_version = :v, shadow_share = 1, shadow_tolerance = 0, shadow_in_flight_max = 1 where model = :m",
            "update route_policy set shadow_version = null, shadow_share = null, shadow_tolerance = null, shadow_in_flight_max = null where model = :m",
            "update model set replicas = :v where name = :m",
            "update model_version set profile = jsonb_build_object('memoryBytes', :v * 10) where model = :m and version = :v",
            "insert into assignment (worker_id, model, version) values (:w, :m, :v) on conflict do nothing",
            "delete from assignment where model = :m and version = :v",
            "insert into slot (worker_id, model, version, state, memory_bytes) values (:w, :m, :v, 'READY', 1) on conflict do nothing",
            "update slot set state = 'FAILED' where model = :m and version = :v",
            "update slot set state = 'EVICTED' where model = :m",
            "update slot set state = 'LOADING', reloading = :v > 1 where model = :m",
            "delete from slot where model = :m and worker_id = :w",
            "update worker set live = not live where id = :w",
            "update worker set draining = not draining where id = :w",
            "update worker set memory_bytes_max = :v where id = :w",
            "update worker set devices = '[{\"kind\": \"cuda\"}]' where id = :w");

    @Test
    void whatIsReadBySteps_isWhatReadingEverythingGives() {
        long seed = 20_261_122;
        var random = new Random(seed);
        var known = read();
        for (int step = 0; step < 400; step++) {
            String change = CHANGES.get(random.nextInt(CHANGES.size()));
            var sql = jdbc.sql(change);
            // Each of the three where the statement has it.
            sql = change.contains(":m") ? sql.param("m", "m" + (1 + random.nextInt(MODELS))) : sql;
            sql = change.contains(":v") ? sql.param("v", 1 + random.nextInt(3)) : sql;
            sql = change.contains(":w") ? sql.param("w", "w" + (1 + random.nextInt(3))) : sql;
            sql.update();
            if (random.nextInt(3) == 0) {
                continue;
            }
            known = readSince(known);
            var whole = read();
            var what = "seed %s, step %s: %s".formatted(seed, step, change);
            assertThat(known.models()).as(what).isEqualTo(whole.models());
            assertThat(known.workers()).as(what).isEqualTo(whole.workers());
            assertThat(known.failed()).as(what).isEqualTo(whole.failed());
        }
    }

    @Test
    void whatPlacementDoesNotDecideOver_isNoOtherInput() {
        jdbc.sql("update route set goal_active = 1, live_active = 1, previous = 2 where model = 'm1'")
                .update();
        var before = read();
        jdbc.sql("update route set goal_active = 2, live_active = 2, previous = 1 where model = 'm1'")
                .update();
        jdbc.sql("update worker set last_seen = now()").update();
        var after = readSince(before);
        assertThat(after.mark()).isNotEqualTo(before.mark());
        assertThat(after.decidesAs(before)).isTrue();
    }

    @Test
    void transactionThatWasOpenAtTheRead_isSeenByTheNext() throws Exception {
        try (var other = source.getConnection()) {
            other.setAutoCommit(false);
            try (var statement = other.createStatement()) {
                statement.execute("update model set replicas = replicas + 7 where name = 'm2'");
            }
            var before = read();
            jdbc.sql("update model set replicas = replicas + 1 where name = 'm3'")
                    .update();
            var between = readSince(before);
            other.commit();
            var after = readSince(between);
            assertThat(after.models()).isEqualTo(read().models()).isNotEqualTo(between.models());
            assertThat(replicas(after, "m2")).isGreaterThan(7);
        }
    }

    private static int replicas(PlacementInputs inputs, String model) {
        return Objects.requireNonNull(inputs.models().get(model)).deployed().stream()
                .mapToInt(DeployedVersion::replicas)
                .max()
                .orElse(0);
    }

    @Test
    void modelThatIsGone_isForgotten() {
        jdbc.sql("insert into model (name, description) values ('gone', '')").update();
        jdbc.sql(
                        "insert into model_version (model, version, state, sha256, profile) values ('gone', 1, 'READY', repeat('a', 64), '{}')")
                .update();
        jdbc.sql("insert into alias (model, alias, version) values ('gone', 'x', 1)")
                .update();
        var before = read();
        assertThat(before.models()).containsKey("gone");
        assertThat(Objects.requireNonNull(before.models().get("gone")).deployed())
                .isEqualTo(Set.of(new DeployedVersion("gone", 1, 1, 1000, false)));
        jdbc.sql("delete from alias where model = 'gone'").update();
        assertThat(readSince(before).models()).doesNotContainKey("gone");
    }
}
