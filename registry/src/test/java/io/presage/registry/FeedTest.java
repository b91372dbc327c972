package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.http.Headers;
import io.presage.contract.state.Report;
import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingTable;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// The state feed and the reports that drive it, over HTTP.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FeedTest {
    private static final JsonMapper JSON = new JsonMapper();

    private RunningRegistry registry;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        registry = RunningRegistry.start(PostgresFixture.freshDatabase(), directory, "--registry.feed.polls-max=3");
    }

    @AfterAll
    void stop() {
        registry.close();
    }

    private CompletableFuture<HttpResponse<String>> poll(HttpClient client, RunningRegistry target, long after) {
        var request = HttpRequest.newBuilder(target.uri("/internal/state?gateway=g&after=" + after))
                .header(Headers.SERVICE_SECRET, RunningRegistry.SECRET)
                .build();
        return client.sendAsync(request, BodyHandlers.ofString());
    }

    private RoutingTable now() throws Exception {
        return registry.routing(_ -> true);
    }

    /// Polls that the registry holds now.
    private static void awaitPolls(RunningRegistry target, int count) throws Exception {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (!target.send("", "GET", "/actuator/prometheus", BodyPublishers.noBody())
                .body()
                .contains("presage_registry_feed_polls " + count + ".0")) {
            assertThat(System.nanoTime()).as("never %s polls", count).isLessThan(deadline);
        }
    }

    @Test
    void waitingPoll_isWokenByAChange() throws Exception {
        long before = now().revision();
        try (var client = HttpClient.newHttpClient()) {
            var waiting = poll(client, registry, before);
            awaitPolls(registry, 1);
            registry.key("{\"name\": \"wake\", \"roles\": [\"PREDICT\"], \"models\": [\"m\"]}");
            var table = JSON.readValue(waiting.get(10, TimeUnit.SECONDS).body(), RoutingTable.class);
            assertThat(table.revision()).isGreaterThan(before);
            assertThat(table.keys()).anySatisfy(key -> {
                assertThat(key.roles()).containsExactly(Role.PREDICT);
                assertThat(key.models()).containsExactly("m");
                assertThat(key.sha256()).matches("[0-9a-f]{64}");
            });
        }
    }

    @Test
    void change_doesNotWakeWhomItDoesNotConcern() throws Exception {
        var worker = registry.new ScriptedWorker("undisturbed", "one");
        worker.say();
        var state = registry.desired("undisturbed", it -> it.revision() > 0);
        registry.key("{\"name\": \"other\", \"roles\": [\"PREDICT\"], \"models\": [\"other\"]}");
        registry.routing(it -> it.keys().stream().anyMatch(key -> key.models().contains("other")));
        assertThat(registry.desired("undisturbed", _ -> true).revision()).isEqualTo(state.revision());
    }

    @Test
    void heartbeats_doNotRaiseTheRevision_readyDoes() throws Exception {
        var worker = registry.new ScriptedWorker("beating", "one");
        worker.say();
        long before = revision();
        worker.say();
        worker.say();
        assertThat(revision()).isEqualTo(before);
        worker.slots = java.util.List.of(new Report.Slot("m", 1, io.presage.contract.state.SlotState.LOADING, 0, null));
        worker.say();
        assertThat(revision()).as("loading concerns nobody else").isEqualTo(before);
        worker.slots = java.util.List.of(new Report.Slot("m", 1, io.presage.contract.state.SlotState.READY, 5, null));
        worker.say();
        assertThat(revision()).isEqualTo(before + 1);
        assertThat(registry.get("/api/v1/workers").expect(200).body()).contains("\"state\":\"READY\"");
    }

    private long revision() {
        return registry.sql()
                .sql("select revision from state_revision")
                .query(Long.class)
                .single();
    }

    @Test
    void lateReport_isIgnored_andAReplacedProcessIsRefused() throws Exception {
        var old = registry.new ScriptedWorker("replaced", "old");
        var late = old.next();
        old.draining = true;
        old.say();
        registry.report(late);
        assertThat(registry.sql()
                        .sql("select draining from worker where id = 'replaced'")
                        .query(Boolean.class)
                        .single())
                .as("the late report said otherwise")
                .isTrue();
        var young = registry.new ScriptedWorker("replaced", "young");
        young.say();
        var refused = registry.internal(
                        "POST", "/internal/report", BodyPublishers.ofString(JSON.writeValueAsString(old.next())))
                .expect(409);
        assertThat(refused.code()).isEqualTo("STALE");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "after=-2&gateway=g",
                "after=x&gateway=g",
                "after=-1",
                "after=-1&gateway=g&worker=w",
                "after=-1&worker=a%20b"
            })
    void badPoll_is400(String query) throws Exception {
        registry.internal("GET", "/internal/state?" + query, BodyPublishers.noBody())
                .expect(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"workerId\": \"w\"}", "{\"workerId\": \"w/1\", \"incarnation\": \"i\"}"})
    void badReport_is400(String body) throws Exception {
        registry.internal("POST", "/internal/report", BodyPublishers.ofString(body))
                .expect(400);
    }

    @Test
    void unknownMembersOfAReport_areIgnored() throws Exception {
        var worker = registry.new ScriptedWorker("newer", "one");
        var json = JSON.writeValueAsString(worker.next()).replaceFirst("\\{", "{\"addedLater\": [1], ");
        registry.internal("POST", "/internal/report", BodyPublishers.ofString(json))
                .expect(204);
    }

    @Test
    void pollsOverTheBound_areRefused() throws Exception {
        long after = now().revision();
        try (var client = HttpClient.newHttpClient()) {
            var waiting = java.util.stream.IntStream.range(0, 3)
                    .mapToObj(_ -> poll(client, registry, after))
                    .toList();
            awaitPolls(registry, 3);
            var refused = poll(client, registry, after).get(10, TimeUnit.SECONDS);
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("retry-after")).hasValue("1");
            registry.key("{\"name\": \"free\", \"roles\": [\"PREDICT\"]}");
            for (var one : waiting) {
                assertThat(one.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void pollFromTheFuture_isAnsweredWithWhatIs() throws Exception {
        long now = now().revision();
        var answer = registry.internal(
                        "GET", "/internal/state?gateway=g&after=" + (now + 1_000_000), BodyPublishers.noBody())
                .expect(200);
        assertThat(JSON.readValue(answer.body(), RoutingTable.class).revision()).isLessThanOrEqualTo(revision());
    }

    @Test
    void stoppingRegistry_answersItsPollsAtOnce(@TempDir Path directory) throws Exception {
        var stopping = RunningRegistry.start(PostgresFixture.freshDatabase(), directory);
        try (var client = HttpClient.newHttpClient()) {
            long after = stopping.routing(_ -> true).revision();
            var waiting = poll(client, stopping, after);
            awaitPolls(stopping, 1);
            long start = System.nanoTime();
            stopping.close();
            assertThat(waiting.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(204);
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start))
                    .isLessThan(10);
        }
    }
}
