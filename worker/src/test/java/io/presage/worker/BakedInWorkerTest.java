package io.presage.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.http.Headers;
import io.presage.hosting.StartFailure;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/// The whole service without a registry: what its configuration names is Ready once it has started.
class BakedInWorkerTest {
    private static final Path DIGITS =
            Path.of("..", "examples", "models", "digits").toAbsolutePath().normalize();
    private static final String ROW =
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":[1,2,3]}]}";
    private static final String ANSWER =
            "{\"model_name\":\"%s\",\"model_version\":\"1\",\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\","
                    + "\"shape\":[1,3],\"data\":[2.0,4.0,6.0]}]}";

    @TempDir
    private Path data;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private List<String> arguments(String... more) {
        var arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--worker.http.host=127.0.0.1",
                "--worker.http.port=0",
                "--worker.data-directory=" + data.resolve("data"),
                "--worker.shutdown-grace=0s"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    private ConfigurableApplicationContext start(String... more) {
        return WorkerApplication.builder().run(arguments(more).toArray(String[]::new));
    }

    private String startFailure(String... more) {
        var failures = new ArrayList<String>();
        assertThatThrownBy(() -> start(more).close()).satisfies(e -> failures.add(StartFailure.describe(e)));
        return failures.getFirst();
    }

    private HttpResponse<String> call(
            ConfigurableApplicationContext worker, String path, String body, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + WorkerApplication.port(worker) + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(
                (body.isEmpty() ? request : request.POST(BodyPublishers.ofString(body))).build(),
                BodyHandlers.ofString());
    }

    private int managementStatus(ConfigurableApplicationContext worker, String path) throws Exception {
        var port = worker.getEnvironment().getProperty("local.server.port");
        var uri = URI.create("http://127.0.0.1:" + port + path);
        return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .statusCode();
    }

    private Path file(String name, byte[] bytes) throws Exception {
        var file = data.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    @Test
    void files_zips_andFolders_areReadyOnceTheWorkerRuns() throws Exception {
        var bare = file("bare.onnx", OnnxModelBuilder.twice(3));
        var zip = file("packed.zip", WorkerTest.zip(Map.of("m.onnx", OnnxModelBuilder.twice(3))));
        // As a mounted volume of Kubernetes: the files are links into a hidden folder.
        var hidden = file("folder/..2026/m.onnx", OnnxModelBuilder.twice(3));
        Files.createSymbolicLink(data.resolve("folder/m.onnx"), hidden);
        file("folder/samples/a.request.json", ROW.getBytes(StandardCharsets.UTF_8));
        try (var worker = start(
                "--worker.http.open=true",
                "--worker.baked-in.models.bare=" + bare,
                "--worker.baked-in.models.packed=" + zip,
                "--worker.baked-in.models.folder=" + data.resolve("folder"))) {
            for (var name : List.of("bare", "packed", "folder")) {
                assertThat(call(worker, "/v2/models/" + name + "/infer", ROW).body())
                        .isEqualTo(ANSWER.formatted(name));
            }
            assertThat(call(worker, "/v2/models/bare/versions/1/infer", ROW).statusCode())
                    .isEqualTo(200);
            assertThat(call(worker, "/v2/models/folder", "").body())
                    .isEqualTo("{\"name\":\"folder\",\"versions\":[\"1\"],\"platform\":\"onnxruntime_onnx\","
                            + "\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,3]}],"
                            + "\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[-1,3]}]}");
            assertThat(call(worker, "/v2/health/ready", "").body()).isEqualTo("{\"ready\":true}");
            assertThat(call(worker, "/v2/models/other/infer", ROW).statusCode()).isEqualTo(404);
            assertThat(managementStatus(worker, "/actuator/health/readiness")).isEqualTo(200);
        }
    }

    @Test
    void callers_needTheSecret_unlessThePortIsOpen() throws Exception {
        var bare = file("bare.onnx", OnnxModelBuilder.twice(3));
        assertThat(startFailure("--worker.baked-in.models.bare=" + bare))
                .isEqualTo("presage.service-secret: none (expected: a secret that callers send as "
                        + "Presage-Service-Secret, or worker.http.open: true, which lets in whoever reaches the port)");
        try (var worker =
                start("--presage.service-secret=" + RegistryDouble.SECRET, "--worker.baked-in.models.bare=" + bare)) {
            assertThat(call(worker, "/v2/models/bare/infer", ROW).statusCode()).isEqualTo(401);
            assertThat(call(worker, "/v2/models/bare/infer", ROW, Headers.SERVICE_SECRET, RegistryDouble.SECRET)
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void djlProperties_giveTheModelThatTheyDescribe() throws Exception {
        var request = Files.readString(DIGITS.resolve("samples/digits.request.json"));
        var labels = "zero,one,two,three,four,five,six,seven,eight,nine";
        try (var worker = start(
                "--worker.http.open=true",
                "--djl.application-type=IMAGE_CLASSIFICATION",
                "--djl.input-class=ai.djl.modality.cv.Image",
                "--djl.output-class=ai.djl.modality.Classifications",
                "--djl.engine=OnnxRuntime",
                "--djl.model-name=digits",
                "--djl.urls=" + DIGITS.resolve("model.onnx").toUri(),
                "--djl.arguments.width=8",
                "--djl.arguments.height=8",
                "--djl.arguments.flag=GRAYSCALE",
                "--djl.arguments.toTensor=false",
                "--djl.arguments.normalize=0,0,0,255,255,255",
                "--djl.arguments.synset=" + labels)) {
            assertThat(call(worker, "/v2/models/digits/infer", request).body())
                    .startsWith("{\"model_name\":\"digits\",\"model_version\":\"1\",\"outputs\":[{\"name\":\"label\","
                            + "\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"eight\",\"three\"]}");
            assertThat(call(worker, "/v2/models/digits", "").body())
                    .contains("{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[-1]}");
            assertThat(managementStatus(worker, "/actuator/health/readiness")).isEqualTo(200);
        }
    }

    @Test
    void djlFolderWithItsOwnManifest_speaksForItself() throws Exception {
        try (var worker = start("--worker.http.open=true", "--djl.urls=" + DIGITS)) {
            assertThat(call(worker, "/v2/models/digits/ready", "").body())
                    .isEqualTo("{\"name\":\"digits\",\"ready\":true}");
        }
    }

    @Test
    void wrongConfiguration_isOneLineThatNamesTheKey() throws Exception {
        var bare = file("bare.onnx", OnnxModelBuilder.twice(3));
        assertThat(startFailure("--worker.http.open=true", "--worker.baked-in.models.gone=/no/such.onnx"))
                .isEqualTo("worker.baked-in.models.gone: /no/such.onnx is not there (expected: a model file, a zip or "
                        + "tar.gz, or a folder with one)");
        assertThat(startFailure("--worker.http.open=true"))
                .startsWith("worker.registry-url: none (expected: http://host:port of the registry, or models");
        assertThat(startFailure("--worker.registry-url=http://127.0.0.1:1", "--worker.baked-in.models.bare=" + bare))
                .startsWith("worker.registry-url: http://127.0.0.1:1 beside baked-in models");
        assertThat(startFailure("--worker.http.open=true", "--djl.urls=" + bare, "--djl.nonsense=1"))
                .contains("unknown configuration key djl.nonsense");
    }

    @Test
    void modelThatCannotBeLoaded_stopsTheProcessWithItsCard() throws Exception {
        var broken = file("broken.onnx", "no model at all".getBytes(StandardCharsets.UTF_8));
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                WorkerApplication.class.getName()));
        command.addAll(arguments("--worker.http.open=true", "--worker.baked-in.models.broken=" + broken));
        var errors = data.resolve("errors");
        var process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors.toFile())
                .start();

        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(Files.readString(errors).lines().filter(line -> line.startsWith("worker: ")))
                .singleElement()
                .asString()
                .startsWith(
                        "worker: cannot start: worker.baked-in.models.broken: unpack: unknown-format: the file is of "
                                + "kind UNKNOWN");
    }
}
