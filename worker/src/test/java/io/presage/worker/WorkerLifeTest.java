package io.presage.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.http.Headers;
import io.presage.contract.state.SlotState;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/// Starts, stops and changes, while calls go on.
class WorkerLifeTest {
    private static final String ROW =
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":[1,2,3]}]}";

    @TempDir
    private Path data;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private String infer(int port, String path) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header(Headers.SERVICE_SECRET, RegistryDouble.SECRET)
                .POST(BodyPublishers.ofString(ROW))
                .build();
        var answer = client.send(request, BodyHandlers.ofString());
        return answer.statusCode() == 200
                ? "200"
                : answer.headers().firstValue(Headers.PROBLEM_CODE).orElse("?");
    }

    @Test
    void registryAway_theWorkerStartsFromItsDisk_andHearsOfItAgain() throws Exception {
        int registryPort;
        try (var registry = new RegistryDouble()) {
            registryPort = registry.port();
            registry.assign(registry.assignment("twice", 1, OnnxModelBuilder.twice(3)));
            try (var worker = WorkerTest.start(registry, data)) {
                registry.awaitState("twice", 1, SlotState.READY);
                assertThat(infer(WorkerApplication.port(worker), "/v2/models/twice/infer"))
                        .isEqualTo("200");
            }
            assertThat(registry.reports().getLast().draining()).isTrue();
        }
        ConfigurableApplicationContext worker = WorkerApplication.builder()
                .run(
                        "--server.port=0",
                        "--server.address=127.0.0.1",
                        "--worker.http.host=127.0.0.1",
                        "--worker.http.port=0",
                        "--worker.data-directory=" + data,
                        "--worker.registry-url=http://127.0.0.1:" + registryPort,
                        "--worker.shutdown-grace=0s",
                        "--presage.service-secret=" + RegistryDouble.SECRET);
        try (worker) {
            int port = WorkerApplication.port(worker);
            String answer;
            do {
                answer = infer(port, "/v2/models/twice/infer");
            } while (answer.equals("VERSION_NOT_READY"));
            assertThat(answer).isEqualTo("200");
            try (var back = new RegistryDouble(registryPort)) {
                back.assign(back.assignment("twice", 1, OnnxModelBuilder.twice(3)));
                var report = back.awaitState("twice", 1, SlotState.READY);
                assertThat(report.sequence()).isPositive();
                assertThat(report.workerId()).startsWith("worker-");
            }
        }
    }

    @Test
    void unassignedVersion_servesThroughItsGrace_thenIsNotReady_andNoCallIsLost() throws Exception {
        try (var registry = new RegistryDouble();
                var worker = WorkerTest.start(registry, data, "--worker.drain-grace=1s")) {
            var one = registry.assignment("twice", 1, OnnxModelBuilder.twice(3));
            var two = registry.assignment("twice", 2, OnnxModelBuilder.twice(3));
            registry.assign(one);
            registry.awaitState("twice", 1, SlotState.READY);
            int port = WorkerApplication.port(worker);
            Set<String> seen = ConcurrentHashMap.newKeySet();
            var stop = new AtomicBoolean();
            var load = Thread.ofVirtual().start(() -> {
                try {
                    while (!stop.get()) {
                        seen.add(infer(port, "/v2/models/twice/infer"));
                    }
                } catch (Exception e) {
                    seen.add(e.toString());
                }
            });
            registry.assign(two, one);
            registry.awaitState("twice", 2, SlotState.READY);
            registry.assign(two);
            registry.awaitState("twice", 1, SlotState.DRAINING);
            assertThat(infer(port, "/v2/models/twice/versions/1/infer")).isEqualTo("200");
            registry.awaitReport(report -> report.slots().stream().noneMatch(slot -> slot.version() == 1));
            stop.set(true);
            load.join();
            assertThat(seen).containsExactly("200");
            assertThat(infer(port, "/v2/models/twice/versions/1/infer")).isEqualTo("VERSION_NOT_READY");
            assertThat(infer(port, "/v2/models/twice/versions/7/infer")).isEqualTo("VERSION_NOT_FOUND");
        }
    }

    @Test
    void stop_underLoad_answersOrRefusesEveryCall() throws Exception {
        try (var registry = new RegistryDouble()) {
            registry.assign(registry.assignment("twice", 1, OnnxModelBuilder.twice(3)));
            var worker = WorkerTest.start(registry, data, "--worker.shutdown-grace=1s");
            registry.awaitState("twice", 1, SlotState.READY);
            int port = WorkerApplication.port(worker);
            Set<String> seen = ConcurrentHashMap.newKeySet();
            var refused = new CountDownLatch(1);
            var load = Thread.ofVirtual().start(() -> {
                try {
                    while (refused.getCount() > 0) {
                        var answer = infer(port, "/v2/models/twice/infer");
                        seen.add(answer);
                        if (!answer.equals("200")) {
                            refused.countDown();
                        }
                    }
                } catch (java.io.IOException e) {
                    // The port is shut: a gateway takes the call elsewhere.
                    refused.countDown();
                } catch (Exception e) {
                    seen.add(e.toString());
                    refused.countDown();
                }
            });
            worker.close();
            assertThat(refused.await(30, TimeUnit.SECONDS)).isTrue();
            load.join();
            assertThat(seen).contains("200").isSubsetOf("200", "SHUTTING_DOWN");
            assertThat(registry.reports().getLast().draining()).isTrue();
        }
    }
}
