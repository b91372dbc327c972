package io.presage.engine.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.worker.WorkerApplication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A SavedModel where it runs by default: in a process of its own, behind a worker.
class ChildIT {
    private static final Path PACK = Path.of(System.getProperty("pack.directory"));

    @TempDir
    private Path folder;

    @Test
    void worker_answersWithASavedModel() throws Exception {
        // The model is written with the test's own copy of the libraries; the worker's child opens the pack.
        new TensorflowProvider().create(PACK);
        var tumour = folder.resolve("tumour");
        TumourModel.save(tumour);
        Files.createSymbolicLink(
                Files.createDirectory(folder.resolve("engines")).resolve("tensorflow"), PACK.toAbsolutePath());
        try (var worker = WorkerApplication.builder()
                        .run(
                                "--server.port=0",
                                "--server.address=127.0.0.1",
                                "--worker.http.host=127.0.0.1",
                                "--worker.http.port=0",
                                "--worker.http.open=true",
                                "--worker.shutdown-grace=0s",
                                "--worker.data-directory=" + folder.resolve("data"),
                                "--worker.engines.directory=" + folder.resolve("engines"),
                                "--worker.engines.allowed=tensorflow",
                                "--worker.baked-in.models.tumour=" + tumour);
                var client = HttpClient.newHttpClient()) {
            var model = "http://127.0.0.1:" + WorkerApplication.port(worker) + "/v2/models/tumour";
            var request = HttpRequest.newBuilder(URI.create(model + "/infer"))
                    .POST(BodyPublishers.ofFile(TumourModel.MODELS.resolve("samples/tumour.request.json")))
                    .build();
            var expected = Files.readString(TumourModel.MODELS.resolve("samples/tumour.response.json"));
            var labels = "\"name\": \"label\", \"datatype\": \"INT64\", \"shape\": [2], \"data\": [0, 1]";
            assertThat(expected).contains(labels);
            assertThat(client.send(request, BodyHandlers.ofString()).body()).contains(labels.replace(" ", ""));
            var metadata = HttpRequest.newBuilder(URI.create(model)).build();
            assertThat(client.send(metadata, BodyHandlers.ofString()).body())
                    .contains("\"platform\":\"tensorflow\"")
                    .contains("{\"name\":\"features\",\"datatype\":\"FP32\",\"shape\":[-1,30]}");
        }
    }
}
