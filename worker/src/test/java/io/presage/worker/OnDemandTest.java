package io.presage.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.http.Headers;
import io.presage.contract.state.DesiredState.Assignment;
import io.presage.contract.state.SlotState;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/// More models than fit, against a registry's double: they take turns in memory, and no call is lost.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OnDemandTest {
    private static final int MODELS = 5;
    private static final int SIZE = 512;
    private static final int CALLERS = 6;
    private static final int CALLS = 40;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private RegistryDouble registry;
    private ConfigurableApplicationContext worker;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new RegistryDouble();
        // A model takes 1 MB and 2.5 MB while it is loaded.
        worker = WorkerTest.start(
                registry,
                data,
                "--worker.memory-max=5MB",
                "--worker.versions.residency-min=0s",
                "--worker.versions.reload-max=60s");
        var assignments = new ArrayList<Assignment>();
        for (int i = 1; i <= MODELS; i++) {
            assignments.add(registry.assignment("times-" + i, 1, times(i)));
        }
        registry.assign(assignments.toArray(Assignment[]::new));
        registry.awaitReport(report -> report.slots().size() == MODELS
                && report.slots().stream()
                        .allMatch(slot -> slot.state() == SlotState.READY || slot.state() == SlotState.EVICTED));
    }

    @AfterAll
    void stop() {
        worker.close();
        registry.close();
    }

    /// y = factor * x, with a megabyte of weights.
    private static byte[] times(float factor) {
        var weights = new float[SIZE * SIZE];
        for (int i = 0; i < SIZE; i++) {
            weights[i * SIZE + i] = factor;
        }
        return new OnnxModelBuilder()
                .input("x", OnnxModelBuilder.FLOAT, -1, SIZE)
                .output("y", OnnxModelBuilder.FLOAT, -1, SIZE)
                .initializer("w", weights, SIZE, SIZE)
                .node("MatMul", List.of("x", "w"), List.of("y"))
                .build();
    }

    private HttpResponse<String> call(int model, int x, String... headers) throws Exception {
        var body = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1," + SIZE + "],\"data\":[" + x
                + ",0".repeat(SIZE - 1) + "]}]}";
        var request = HttpRequest.newBuilder(URI.create(
                        "http://127.0.0.1:" + WorkerApplication.port(worker) + "/v2/models/times-" + model + "/infer"))
                .header(Headers.SERVICE_SECRET, RegistryDouble.SECRET)
                .POST(BodyPublishers.ofString(body));
        return client.send((headers.length == 0 ? request : request.headers(headers)).build(), BodyHandlers.ofString());
    }

    @Test
    void moreModelsThanFit_takeTurns_andNoCallIsLost() throws Exception {
        var lost = new ArrayList<String>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var callers = new ArrayList<Callable<List<String>>>();
            for (int caller = 0; caller < CALLERS; caller++) {
                var random = new Random(caller);
                callers.add(() -> {
                    var failures = new ArrayList<String>();
                    for (int i = 0; i < CALLS; i++) {
                        int model = 1 + random.nextInt(MODELS);
                        var answer = call(model, i + 1);
                        if (answer.statusCode() != 200
                                || !answer.body().contains("\"data\":[" + (float) (model * (i + 1)) + ",0.0")) {
                            failures.add(model + ": " + answer.statusCode() + " "
                                    + answer.body()
                                            .substring(
                                                    0,
                                                    Math.min(200, answer.body().length())));
                        }
                    }
                    return failures;
                });
            }
            for (var failures : executor.invokeAll(callers)) {
                lost.addAll(failures.get());
            }
        }
        assertThat(lost).isEmpty();
        assertThat(metric("presage_evictions_total")).isGreaterThan(MODELS);
        assertThat(metric("presage_load_duration_seconds_count{cause=\"call\"}"))
                .isGreaterThan(MODELS);
        assertThat(metric("presage_demand_waiting_calls")).isZero();
    }

    @Test
    void evictedVersion_isReadyForTheWorld() throws Exception {
        for (int model = 1; model <= MODELS; model++) {
            var request = HttpRequest.newBuilder(URI.create(
                            "http://127.0.0.1:" + WorkerApplication.port(worker) + "/v2/models/times-" + model))
                    .header(Headers.SERVICE_SECRET, RegistryDouble.SECRET);
            assertThat(client.send(request.build(), BodyHandlers.ofString()).body())
                    .contains("\"shape\":[-1,512]");
        }
    }

    private double metric(String name) throws Exception {
        var port = worker.getEnvironment().getProperty("local.server.port");
        var uri = URI.create("http://127.0.0.1:" + port + "/actuator/prometheus");
        return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }
}
