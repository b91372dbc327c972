package io.presage.engine.torchscript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.WorkerApplication;
import io.presage.worker.artifacts.FileKind;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.engine.packs.PackChild;
import io.presage.worker.engine.process.ChildCommand;
import io.presage.worker.engine.process.ChildProcesses;
import io.presage.worker.engine.process.ChildSettings;
import io.presage.worker.engine.process.ProcessEngine;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

/// TorchScript where it runs by default: in a process of its own, behind a worker.
class ChildIT {
    private static final Path PACK = Path.of(System.getProperty("pack.directory"));
    private static final LoadPlan PLAN = new LoadPlan(new Device(Device.Kind.CPU, 0, "test", 1 << 30), 1, null);

    @TempDir
    private Path folder;

    private ProcessEngine engine(Duration runMax) {
        var settings = new ChildSettings(
                DataSize.ofMegabytes(128),
                DataSize.ofMegabytes(16),
                Duration.ofMinutes(2),
                runMax,
                3,
                Duration.ofMinutes(5));
        var children = new ChildProcesses(
                ChildCommand.ofThisProcess(PackChild.class.getName()),
                settings,
                () -> UUID.randomUUID().toString(),
                System::nanoTime);
        return new ProcessEngine(
                "torchscript", true, kind -> kind == FileKind.TORCHSCRIPT, PACK.toAbsolutePath(), children);
    }

    private ModelPackage packaged(TorchArchive archive) throws Exception {
        var file = Files.write(folder.resolve("model.pt"), archive.bytes());
        var d = Manifest.DEFAULT;
        var vector = List.of(-1L);
        var manifest = new Manifest(
                d.task(),
                null,
                null,
                d.labels(),
                d.device(),
                d.profile(),
                0,
                0,
                d.batching(),
                d.text(),
                d.image(),
                d.detection(),
                d.audio(),
                d.samples(),
                new Signature(
                        List.of(new TensorSpec("x", DataType.FP32, vector)),
                        List.of(new TensorSpec("y", DataType.FP32, vector)),
                        true));
        return new ModelPackage(folder, file, Files.size(file), manifest);
    }

    private static Tensor number(float value) {
        return new Tensor.Fixed(
                "x",
                DataType.FP32,
                Shape.of(1),
                TensorAllocator.DIRECT.allocate(Float.BYTES).putFloat(0, value));
    }

    private static float call(LoadedModel model, float value) {
        return ((Tensor.Fixed) model.run(List.of(number(value))).getFirst())
                .data()
                .getFloat(0);
    }

    /// Waits for as long as the next process starts.
    private static float callOnceItIsBack(LoadedModel model, float value) {
        while (true) {
            try {
                return call(model, value);
            } catch (ProblemException e) {
                assertThat(e.problem()).isEqualTo(Problem.VERSION_NOT_READY);
                assertThat(model.failure()).isEmpty();
                LockSupport.parkNanos(50_000_000);
            }
        }
    }

    @Test
    void codeThatNeverEnds_failsItsCallAlone() throws Exception {
        var loops = new TorchArchive()
                .forward(
                        "x: Tensor) -> Tensor",
                        "negative = bool(torch.lt(torch.sum(x), 0))",
                        "y = torch.mul(x, 2)",
                        "while negative:",
                        "  y = torch.abs(y)",
                        "return y");
        try (var model = engine(Duration.ofSeconds(3)).load(packaged(loops), PLAN)) {
            assertThat(call(model, 21)).isEqualTo(42);
            assertThatThrownBy(() -> call(model, -1))
                    .isInstanceOfSatisfying(
                            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.ENGINE_FAILED));
            assertThat(callOnceItIsBack(model, 4)).isEqualTo(8);
        }
    }

    @Test
    void allocationBeyondTheMachine_failsItsCallAlone() throws Exception {
        var huge = new TorchArchive()
                .forward(
                        "x: Tensor) -> Tensor",
                        "n = int(torch.sum(x))",
                        "return torch.mul(torch.ones([n, 1000000]), 2)[:, 0]");
        try (var model = engine(Duration.ofSeconds(60)).load(packaged(huge), PLAN)) {
            assertThat(call(model, 1)).isEqualTo(2);
            assertThatThrownBy(() -> call(model, 1e9f)).hasMessageContaining("you tried to allocate");
            assertThat(callOnceItIsBack(model, 1)).isEqualTo(2);
        }
    }

    @Test
    void fileThatCannotBeLoaded_givesItsCardThroughTheProcess() throws Exception {
        var unknown = packaged(new TorchArchive().forward("x: Tensor) -> Tensor", "return torch.frobnicate(x)"));
        assertThatThrownBy(() -> engine(Duration.ofSeconds(60)).load(unknown, PLAN))
                .isInstanceOfSatisfying(LoadException.class, e -> {
                    assertThat(e.failure().cause()).isEqualTo("unsupported-operator");
                    assertThat(e.failure().evidence()).startsWith("operator aten::frobnicate");
                });
    }

    @Test
    void worker_readsPicturesWithATorchscriptModel() throws Exception {
        var digits = Files.createDirectory(folder.resolve("digits"));
        Files.write(digits.resolve("model.pt"), Digits.torchscript().bytes());
        Files.writeString(
                digits.resolve("model.yaml"),
                Files.readString(Digits.MODELS.resolve("model.yaml"))
                                .replace("model.onnx", "model.pt")
                                .replace("onnxruntime", "torchscript")
                        + "signature:\n"
                        + "  inputs: [{name: image, datatype: FP32, shape: [-1, 8, 8, 1]}]\n"
                        + "  outputs: [{name: scores, datatype: FP32, shape: [-1, 10]}]\n");
        Files.createSymbolicLink(
                Files.createDirectory(folder.resolve("engines")).resolve("torchscript"), PACK.toAbsolutePath());
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
                        "--worker.engines.allowed=torchscript",
                        "--worker.baked-in.models.digits=" + digits)) {
            var request = HttpRequest.newBuilder(URI.create(
                            "http://127.0.0.1:" + WorkerApplication.port(worker) + "/v2/models/digits/infer"))
                    .POST(BodyPublishers.ofFile(Digits.MODELS.resolve("samples/digits.request.json")))
                    .build();
            try (var client = HttpClient.newHttpClient()) {
                assertThat(client.send(request, BodyHandlers.ofString()).body())
                        .startsWith(
                                "{\"model_name\":\"digits\",\"model_version\":\"1\",\"outputs\":[{\"name\":\"label\","
                                        + "\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"8\",\"3\"]}");
            }
        }
    }
}
