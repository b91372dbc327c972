package io.presage.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.http.Headers;
import io.presage.contract.state.DesiredState.Validation;
import io.presage.contract.state.Failure;
import io.presage.contract.state.SlotState;
import io.presage.worker.artifacts.HostilePackages;
import io.presage.worker.engine.onnx.HostileModels;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Every hostile file goes to one worker, which serves another model all the while.
class HostileUploadsTest {
    private static final String BODY =
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":[1,2,3]}]}";
    private static final String ANSWER = "\"data\":[2.0,4.0,6.0]";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    static List<HostileFile> hostile() throws Exception {
        var all = new ArrayList<HostileFile>();
        all.addAll(HostilePackages.all());
        all.addAll(HostileModels.all());
        all.addAll(HostileSamples.all());
        return all;
    }

    @Test
    @Timeout(300)
    void everyHostileFile_isRefusedWithItsCause_whileTheWorkerServes(@TempDir Path data) throws Exception {
        var files = hostile();
        assertThat(files).hasSizeGreaterThan(300);
        try (var registry = new RegistryDouble();
                var worker = WorkerTest.start(registry, data);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            registry.assign(registry.assignment("neighbour", 1, OnnxModelBuilder.twice(3)));
            registry.awaitState("neighbour", 1, SlotState.READY);
            var uri = URI.create("http://127.0.0.1:" + WorkerApplication.port(worker) + "/v2/models/neighbour/infer");
            var stop = new AtomicBoolean();
            var begun = new CountDownLatch(1);
            var calls = threads.submit(() -> call(uri, begun, stop));
            begun.await();

            var validations = new ArrayList<Validation>();
            for (int i = 0; i < files.size(); i++) {
                var bytes = files.get(i).bytes();
                validations.add(new Validation("v" + i, "hostile", i + 1, registry.upload(bytes), bytes.length));
            }
            registry.validate(validations.toArray(Validation[]::new));
            for (int i = 0; i < files.size(); i++) {
                check(files.get(i), registry.awaitResult("v" + i).failure());
            }

            stop.set(true);
            assertThat(answered(calls)).isPositive();
        }
    }

    private static void check(HostileFile file, @Nullable Failure failure) {
        assertThat(failure).as(file.name()).isNotNull();
        assertThat(file.causes())
                .as(file.name() + ": " + failure)
                .contains(Objects.requireNonNull(failure).cause());
        assertThat(failure.phase()).as(file.name() + ": " + failure).isEqualTo(file.phase());
        assertThat(failure.fix()).as(file.name()).isNotBlank();
    }

    private static int answered(Future<Integer> calls) throws Exception {
        return calls.get();
    }

    /// One call after the other; every one must be answered rightly.
    private int call(URI uri, CountDownLatch begun, AtomicBoolean stop) throws Exception {
        int count = 0;
        while (!stop.get()) {
            var answer = client.send(
                    HttpRequest.newBuilder(uri)
                            .header(Headers.SERVICE_SECRET, RegistryDouble.SECRET)
                            .POST(BodyPublishers.ofString(BODY))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).contains(ANSWER);
            count++;
            begun.countDown();
        }
        return count;
    }
}
