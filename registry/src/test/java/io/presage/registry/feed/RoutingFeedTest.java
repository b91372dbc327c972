package io.presage.registry.feed;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Limit;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Quota;
import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingChanges;
import io.presage.contract.state.RoutingContent;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.TrafficPolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

final class RoutingFeedTest {
    private static final JsonMapper JSON = new JsonMapper();

    private static RoutingTable.Model model(String name, int version) {
        return new RoutingTable.Model(
                name,
                List.of(new RoutingTable.Target(version, 10_000)),
                List.of(new RoutingTable.Version(version, List.of("w"))),
                Map.of("champion", version));
    }

    private static RoutingTable table(RoutingTable.Model... models) {
        return new RoutingTable(0, List.of(models), List.of(), List.of());
    }

    private static PlatformState.Touched touched(long revision, Set<String> touched, List<RoutingTable.Model> models) {
        return new PlatformState.Touched(
                revision, "", touched, models, null, null, Map.of(), new PlatformState.Tasks(Map.of(), Map.of()));
    }

    private static RoutingChanges changes(RoutingFeed feed, long after) {
        return JSON.readValue(feed.changes(after).orElseThrow(), RoutingChanges.class);
    }

    @Test
    void digest_survivesTheWire() {
        var whole = new RoutingTable(
                0,
                List.of(new RoutingTable.Model(
                        "fraud",
                        List.of(new RoutingTable.Target(1, 9_500), new RoutingTable.Target(2, 500)),
                        List.of(
                                new RoutingTable.Version(1, List.of("w2", "w1"), "ab", null),
                                new RoutingTable.Version(2, List.of(), null, new RoutingTable.Loading(7))),
                        Map.of("champion", 1, "beta", 2, "gamma", 2),
                        new TrafficPolicy(
                                new TrafficPolicy.Sticky(TrafficPolicy.By.CALLER, null),
                                List.of(new TrafficPolicy.Rule("X-Ring", "beta", "beta")),
                                new TrafficPolicy.Shadow(2, 100, 0.001, 8),
                                new TrafficPolicy.Cache(1, 2)))),
                List.of(new RoutingTable.Worker("w1", "h", 1)),
                List.of(new RoutingTable.Key(
                        "k",
                        "00",
                        Set.of(Role.PREDICT, Role.ADMIN, Role.PUBLISH),
                        Set.of("a", "b", "c"),
                        new Limit(1, 2),
                        "t",
                        null)),
                new LimitRules(
                        List.of(new LimitRules.Tenant(
                                "t",
                                Limits.NONE,
                                Map.of("fraud", new Limits(new Limit(1, 2), null)),
                                new Quota(7L, null))),
                        List.of()));
        var read = JSON.readValue(RoutingFeed.of(3, whole).whole(), RoutingTable.class);
        assertThat(RoutingContent.of(read).digest())
                .isEqualTo(read.digest())
                .isEqualTo(RoutingContent.of(whole).digest());
    }

    @Test
    void changes_areWhatIsYounger() {
        var feed = RoutingFeed.of(5, table(model("a", 1), model("b", 1), model("c", 1), model("d", 1)))
                .next(6, touched(6, Set.of("b"), List.of(model("b", 2))))
                .next(9, touched(9, Set.of("c"), List.of(model("c", 2))));
        assertThat(changes(feed, 8).models()).containsExactly(model("c", 2));
        assertThat(changes(feed, 5).models()).containsExactlyInAnyOrder(model("b", 2), model("c", 2));
        assertThat(changes(feed, 5).from()).isEqualTo(5);
        assertThat(changes(feed, 5).revision()).isEqualTo(9);
        assertThat(changes(feed, 5).keys()).isNull();
    }

    @Test
    void unknownRevisions_getTheWholeTable() {
        var feed = RoutingFeed.of(5, table(model("a", 1)));
        assertThat(feed.changes(4)).as("from before this registry").isEmpty();
        assertThat(feed.changes(6)).as("from a future").isEmpty();
        assertThat(feed.changes(-1)).isEmpty();
    }

    @Test
    void touchWithoutDifference_isNoNews() {
        var feed = RoutingFeed.of(5, table(model("a", 1)));
        assertThat(feed.next(6, touched(6, Set.of("a"), List.of(model("a", 1)))))
                .isSameAs(feed);
        assertThat(feed.next(6, table(model("a", 1)))).isSameAs(feed);
    }

    @Test
    void modelThatIsGone_isTakenAwayByAWholeTable() {
        var feed = RoutingFeed.of(5, table(model("a", 1), model("b", 1)))
                .next(6, touched(6, Set.of("a", "never-there"), List.of()));
        assertThat(feed.changes(5)).isEmpty();
        assertThat(JSON.readValue(feed.whole(), RoutingTable.class).models()).containsExactly(model("b", 1));
        assertThat(changes(feed, 6).models()).isEmpty();
    }

    @Test
    void changesOfMostModels_areAWholeTable() {
        var feed = RoutingFeed.of(5, table(model("a", 1), model("b", 1), model("c", 1), model("d", 1)))
                .next(6, table(model("a", 2), model("b", 2), model("c", 2), model("d", 2)));
        assertThat(feed.changes(5)).isEmpty();
    }

    /// A database, registries that read it when they come to it, and gateways that poll any of them, lose answers,
    /// get some twice, and start again. After every answer that a gateway takes it has what that registry has. It
    /// refuses none but those that came twice, and those of a registry that had seen at the same revision what
    /// another one had not.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whateverHappens_gatewaysHaveWhatTheRegistryHas(long seed) {
        var random = new Random(seed);
        var database = new Database(random);
        var registries = new ArrayList<>(List.of(new Registry(database), new Registry(database)));
        var gateways = List.of(new Follower(), new Follower(), new Follower());
        for (int step = 0; step < 3_000; step++) {
            var registry = registries.get(random.nextInt(registries.size()));
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> database.change(registries);
                case 3, 4 -> registry.read(random.nextInt(20) == 0);
                case 5 -> {
                    if (random.nextInt(20) == 0) {
                        registries.set(registries.indexOf(registry), new Registry(database));
                    }
                }
                default -> {
                    var gateway = gateways.get(random.nextInt(gateways.size()));
                    gateway.poll(registry, random);
                    assertThat(gateway.isRight)
                            .as("seed %s step %s", seed, step)
                            .isTrue();
                }
            }
        }
        database.revision++;
        for (var registry : registries) {
            registry.read(false);
            for (var gateway : gateways) {
                gateway.follow(registry);
                gateway.follow(registry);
                assertThat(gateway.held.table(0))
                        .isEqualTo(RoutingContent.of(database.table()).table(0));
            }
        }
        assertThat(gateways.stream().mapToInt(gateway -> gateway.taken).sum())
                .as("changes were taken")
                .isGreaterThan(100);
        assertThat(gateways.stream().mapToInt(gateway -> gateway.misfits).sum())
                .as("misfits")
                .isBetween(1, 100);
    }

    private static final class Database {
        private final Random random;
        private final TreeMap<String, RoutingTable.Model> models = new TreeMap<>();
        private List<RoutingTable.Worker> workers = List.of();
        private List<RoutingTable.Key> keys = List.of();
        private LimitRules limits = LimitRules.NONE;
        private long revision;

        Database(Random random) {
            this.random = random;
            for (int i = 0; i < 30; i++) {
                models.put("m" + i, model("m" + i, 1));
            }
        }

        void change(List<Registry> registries) {
            switch (random.nextInt(12)) {
                case 0 -> {
                    keys = List.of(new RoutingTable.Key(
                            "k" + random.nextInt(3), "00", Set.of(Role.PREDICT, Role.ADMIN), Set.of("a", "b"), null));
                    registries.forEach(registry -> registry.isKeys = true);
                }
                case 1 -> {
                    workers = List.of(new RoutingTable.Worker("w", "h", 1 + random.nextInt(3)));
                    registries.forEach(registry -> registry.isWorkers = true);
                }
                case 2 -> {
                    if (random.nextInt(10) == 0) {
                        touch(registries, models.firstKey());
                        models.pollFirstEntry();
                    }
                }
                default -> {
                    var name = "m" + random.nextInt(40);
                    models.put(name, model(name, 1 + random.nextInt(3)));
                    touch(registries, name);
                }
            }
            // Some changes concern others only with the next revision.
            if (random.nextInt(5) > 0) {
                revision++;
            }
        }

        private static void touch(List<Registry> registries, String name) {
            registries.forEach(registry -> registry.touched.add(name));
        }

        RoutingTable table() {
            return new RoutingTable(0, List.copyOf(models.values()), workers, keys, limits);
        }
    }

    private static final class Registry {
        private final Database database;
        private final Set<String> touched = new HashSet<>();
        private boolean isKeys;
        private boolean isWorkers;
        private long revision;
        private RoutingFeed feed;

        Registry(Database database) {
            this.database = database;
            this.revision = database.revision;
            this.feed = RoutingFeed.of(revision, database.table());
        }

        void read(boolean everything) {
            if (revision == database.revision) {
                return;
            }
            revision = database.revision;
            feed = everything || isWorkers ? feed.next(revision, database.table()) : feed.next(revision, touched());
            touched.clear();
            isKeys = false;
            isWorkers = false;
        }

        /// What a poll gets; empty when nothing is newer.
        Optional<RoutingFeed> answer(long after) {
            if (after > revision) {
                read(false);
            }
            return feed.revision() > after || after > revision ? Optional.of(feed) : Optional.empty();
        }

        private PlatformState.Touched touched() {
            return new PlatformState.Touched(
                    revision,
                    "",
                    touched,
                    touched.stream()
                            .filter(database.models::containsKey)
                            .map(database.models::get)
                            .toList(),
                    isKeys ? database.keys : null,
                    null,
                    Map.of(),
                    new PlatformState.Tasks(Map.of(), Map.of()));
        }
    }

    /// What the gateway's feed does.
    private static final class Follower {
        private RoutingContent held = RoutingContent.of(RoutingTable.EMPTY);
        private long revision = -1;
        private boolean isRight = true;
        private int misfits;
        private int taken;

        void poll(Registry registry, Random random) {
            switch (random.nextInt(40)) {
                case 0 -> revision = -1;
                case 1, 2, 3 -> registry.answer(revision);
                case 4, 5, 6 -> {
                    var changes = registry.answer(revision).flatMap(_ -> registry.feed.changes(revision));
                    follow(registry);
                    changes.ifPresent(twice -> take(twice, registry));
                }
                default -> follow(registry);
            }
        }

        void follow(Registry registry) {
            var answer = registry.answer(revision);
            if (answer.isEmpty()) {
                return;
            }
            var changes = answer.get().changes(revision);
            if (changes.isPresent()) {
                take(changes.get(), registry);
            } else {
                var table = JSON.readValue(answer.get().whole(), RoutingTable.class);
                held = RoutingContent.of(table);
                revision = table.revision();
                isRight &= held.digest().equals(table.digest());
            }
        }

        private void take(byte[] json, Registry registry) {
            var changes = JSON.readValue(json, RoutingChanges.class);
            var next = held.with(changes.models(), List.of(), changes.workers(), changes.keys(), changes.limits());
            if (changes.from() != revision || !next.digest().equals(changes.digest())) {
                misfits++;
                revision = -1;
                return;
            }
            held = next;
            revision = changes.revision();
            taken++;
            isRight &= held.table(revision).equals(JSON.readValue(registry.feed.whole(), RoutingTable.class));
        }
    }
}
