package io.presage.engine.torchscript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.engine.onnx.OnnxEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchscriptEngineTest {
    private static final LoadPlan PLAN = new LoadPlan(new Device(Device.Kind.CPU, 0, "test", 1 << 30), 1, null);
    private static final Signature DIGITS = new Signature(
            List.of(new TensorSpec("image", DataType.FP32, List.of(-1L, 8L, 8L, 1L))),
            List.of(new TensorSpec("scores", DataType.FP32, List.of(-1L, 10L))),
            true);

    private static Engine engine;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() throws LoadException {
        engine = new TorchscriptProvider().create(Path.of(System.getProperty("pack.directory")));
    }

    private ModelPackage packaged(byte[] bytes, @Nullable Signature signature) throws IOException {
        var file = Files.write(folder.resolve("model.pt"), bytes);
        var d = Manifest.DEFAULT;
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
                signature);
        return new ModelPackage(folder, file, bytes.length, manifest);
    }

    private LoadedModel load(TorchArchive archive, Signature signature) throws Exception {
        return engine.load(packaged(archive.bytes(), signature), PLAN);
    }

    private Failure refused(TorchArchive archive, @Nullable Signature signature) throws Exception {
        var failures = new ArrayList<Failure>();
        var modelPackage = packaged(archive.bytes(), signature);
        assertThatThrownBy(() -> engine.load(modelPackage, PLAN).close())
                .isInstanceOfSatisfying(LoadException.class, e -> failures.add(e.failure()));
        return failures.getFirst();
    }

    private static Signature floats(int inputs, int outputs) {
        var x = new ArrayList<TensorSpec>();
        for (int i = 0; i < inputs; i++) {
            x.add(new TensorSpec("x" + i, DataType.FP32, List.of(-1L, 2L)));
        }
        var y = new ArrayList<TensorSpec>();
        for (int i = 0; i < outputs; i++) {
            y.add(new TensorSpec("y" + i, DataType.FP32, List.of(-1L, 2L)));
        }
        return new Signature(x, y, true);
    }

    private static Tensor tensor(String name, float... values) {
        var data = ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return new Tensor.Fixed(name, DataType.FP32, Shape.of(values.length / 2, 2), data);
    }

    private static float[] values(Tensor tensor) {
        var values = new float[(int) tensor.shape().elementCount()];
        ((Tensor.Fixed) tensor).data().asFloatBuffer().get(values);
        return values;
    }

    @Test
    void digits_answerAsTheOnnxModelOnPicturesNeverSeen() throws Exception {
        var pictures = Digits.heldOut();
        var onnx = new ModelPackage(Digits.MODELS, Digits.ONNX, Files.size(Digits.ONNX), Manifest.DEFAULT);
        try (var ours = load(Digits.torchscript(), DIGITS);
                var theirs = new OnnxEngine().load(onnx, PLAN)) {
            assertThat(ours.signature()).isEqualTo(DIGITS);
            var scores = values(ours.run(List.of(pictures.tensor())).getFirst());
            assertThat(scores)
                    .containsExactly(
                            values(theirs.run(List.of(pictures.tensor())).getFirst()), within(1e-5f));
            int right = 0;
            for (int i = 0; i < pictures.labels().size(); i++) {
                var row = Arrays.copyOfRange(scores, 10 * i, 10 * i + 10);
                float best = row[pictures.labels().get(i)];
                right += max(row) == best ? 1 : 0;
            }
            assertThat(right).isEqualTo(351);
            assertThat(pictures.labels()).hasSize(360);
        }
    }

    private static float max(float[] row) {
        float max = row[0];
        for (float value : row) {
            max = Math.max(max, value);
        }
        return max;
    }

    @Test
    void views_runSideBySide_andOutliveTheirRoot() throws Exception {
        var pictures = Digits.heldOut().tensor();
        var root = load(Digits.torchscript(), DIGITS);
        var expected = values(root.run(List.of(pictures)).getFirst());
        var views = new ArrayList<LoadedModel>();
        for (int i = 0; i < 3; i++) {
            views.add(root.share().orElseThrow());
        }
        root.close();
        try (var threads = Executors.newFixedThreadPool(views.size())) {
            var tasks = views.stream()
                    .map(view -> (Callable<Boolean>) () -> {
                        for (int i = 0; i < 20; i++) {
                            assertThat(values(view.run(List.of(pictures)).getFirst()))
                                    .isEqualTo(expected);
                        }
                        view.close();
                        return true;
                    })
                    .toList();
            for (var done : threads.invokeAll(tasks)) {
                assertThat(done.get()).isTrue();
            }
        }
        assertThatThrownBy(() -> root.run(List.of(pictures))).hasMessageContaining("run after close");
    }

    @Test
    void tuples_areOutputsInOrder_dictionariesByName() throws Exception {
        var tuple = new TorchArchive()
                .forward("a: Tensor, b: Tensor) -> Tuple[Tensor, Tensor]", "return (torch.add(a, b), torch.sub(a, b))");
        try (var model = load(tuple, floats(2, 2))) {
            var outputs = model.run(List.of(tensor("x0", 5, 6), tensor("x1", 2, 4)));
            assertThat(values(outputs.get(0))).containsExactly(7, 10);
            assertThat(values(outputs.get(1))).containsExactly(3, 2);
        }
        var dictionary = new TorchArchive()
                .forward("a: Tensor) -> Dict[str, Tensor]", "return {\"y1\": torch.neg(a), \"y0\": torch.abs(a)}");
        var byName = new Signature(floats(1, 2).inputs(), floats(1, 2).outputs().reversed(), true);
        try (var model = load(dictionary, byName)) {
            var outputs = model.run(List.of(tensor("x0", -1, 2)));
            assertThat(outputs).extracting(Tensor::name).containsExactly("y1", "y0");
            assertThat(values(outputs.get(0))).containsExactly(1, -2);
            assertThat(values(outputs.get(1))).containsExactly(1, 2);
        }
    }

    @Test
    void everyDatatype_passesUnchanged() throws Exception {
        for (var type : List.of(
                DataType.BOOL,
                DataType.UINT8,
                DataType.INT8,
                DataType.INT32,
                DataType.INT64,
                DataType.FP16,
                DataType.FP32,
                DataType.FP64)) {
            var spec = new TensorSpec("x", type, List.of(-1L));
            var data = ByteBuffer.allocate(4 * type.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < data.capacity(); i += type.byteSize()) {
                data.put(i, (byte) 1);
            }
            var input = new Tensor.Fixed("x", type, Shape.of(4), data);
            var copy = new TorchArchive().forward("x: Tensor) -> Tensor", "return torch.clone(x)");
            try (var model = load(copy, new Signature(List.of(spec), List.of(spec), true))) {
                assertThat(model.run(List.of(input))).containsExactly(input);
            }
        }
    }

    @Test
    void missingSignature_isRefusedWithWhatForwardTakes() throws Exception {
        var failure = refused(Digits.torchscript(), null);
        assertThat(failure.cause()).isEqualTo("missing-signature");
        assertThat(failure.evidence()).endsWith("datatypes and shapes: forward(Tensor image) -> Tensor");
    }

    @Test
    void signatureThatDoesNotGoWithForward_isRefused() throws Exception {
        var two = new TorchArchive().forward("a: Tensor, b: Tensor) -> Tensor", "return torch.add(a, b)");
        assertThat(refused(two, floats(1, 1)))
                .isEqualTo(new Failure(
                        "signature",
                        "signature-mismatch",
                        "signature.inputs: 1 tensors (expected: those of forward(Tensor a, Tensor b) -> Tensor)",
                        "Name the arguments of forward in model.yaml, in their order; they must be tensors."));
        assertThat(refused(two, floats(3, 1)).cause()).isEqualTo("signature-mismatch");
        var number = new TorchArchive().forward("a: Tensor, n: int) -> Tensor", "return torch.add(a, n)");
        assertThat(refused(number, floats(2, 1)).evidence()).contains("forward(Tensor a, int n) -> Tensor");
        var bytes = new Signature(List.of(new TensorSpec("t", DataType.BYTES, List.of(-1L))), List.of(), false);
        assertThat(refused(Digits.torchscript(), bytes).cause()).isEqualTo("unsupported-signature");
    }

    @Test
    void outputsOtherThanTheSignatures_failTheRun() throws Exception {
        var one = new TorchArchive().forward("a: Tensor) -> Tensor", "return torch.add(a, 1)");
        try (var model = load(one, floats(1, 2))) {
            assertThatThrownBy(() -> model.run(List.of(tensor("x0", 1, 2))))
                    .hasMessageContaining("output 'y1': only 1 tensors came out");
        }
        var wide = new TorchArchive().forward("a: Tensor) -> Tensor", "return torch.cat([a, a], 1)");
        try (var model = load(wide, floats(1, 1))) {
            assertThatThrownBy(() -> model.run(List.of(tensor("x0", 1, 2))))
                    .hasMessageContaining("output 'y0': float32 (1, 4) came out (expected: FP32 [-1, 2] as signature");
        }
        var bool = new TorchArchive().forward("a: Tensor) -> Tensor", "return torch.ne(a, 0)");
        try (var model = load(bool, floats(1, 1))) {
            assertThatThrownBy(() -> model.run(List.of(tensor("x0", 1, 2))))
                    .hasMessageContaining("output 'y0': boolean (1, 2) came out");
        }
    }

    @Test
    void operatorThatPyTorchDoesNotHave_isNamed() throws Exception {
        var failure =
                refused(new TorchArchive().forward("a: Tensor) -> Tensor", "return torch.frobnicate(a)"), floats(1, 1));
        assertThat(failure.cause()).isEqualTo("unsupported-operator");
        assertThat(failure.evidence()).startsWith("operator aten::frobnicate: ");
        var extension = refused(
                new TorchArchive().forward("a: Tensor) -> Tensor", "return ops.torchvision.nms(a, a, 0.5)"),
                floats(1, 1));
        assertThat(extension.cause()).isEqualTo("unsupported-operator");
        assertThat(extension.evidence()).startsWith("operator torchvision::nms: ");
    }

    @Test
    void brokenFiles_areRefused() throws Exception {
        var whole = Digits.torchscript().bytes();
        for (int length : new int[] {0, 10, whole.length / 2, whole.length - 1}) {
            var modelPackage = packaged(Arrays.copyOf(whole, length), DIGITS);
            assertThatThrownBy(() -> engine.load(modelPackage, PLAN))
                    .isInstanceOfSatisfying(
                            LoadException.class,
                            e -> assertThat(e.failure().cause()).isEqualTo("corrupt-model"));
        }
        var code = refused(new TorchArchive().forward("a: Tensor) -> Tensor", "return ((("), floats(1, 1));
        assertThat(code.cause()).isEqualTo("corrupt-model");
    }

    @Test
    void runThatFails_saysPyTorchsLastWord_andTheModelGoesOn() throws Exception {
        var product = new TorchArchive()
                .weights("w", new float[] {1, 2, 3, 4}, 2, 2)
                .forward("a: Tensor) -> Tensor", "return torch.mm(torch.reshape(a, [-1, 2]), self.w)");
        try (var model = load(product, floats(1, 1))) {
            var odd = new Tensor.Fixed(
                    "x0", DataType.FP32, Shape.of(3, 1), ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN));
            assertThatThrownBy(() -> model.run(List.of(odd))).isInstanceOfSatisfying(ProblemException.class, e -> {
                assertThat(e.problem()).isEqualTo(Problem.INVALID_INPUT);
                assertThat(e.detail())
                        .isEqualTo("PyTorch: RuntimeError: shape '[-1, 2]' is invalid for input of size 3");
            });
            assertThat(values(model.run(List.of(tensor("x0", 1, 1))).getFirst()))
                    .containsExactly(4, 6);
        }
        var huge = new TorchArchive()
                .forward("a: Tensor) -> Tensor", "return torch.mul(torch.zeros([1000000, 1000000]), torch.sum(a))");
        try (var model = load(huge, floats(1, 1))) {
            assertThatThrownBy(() -> model.run(List.of(tensor("x0", 1, 1))))
                    .isInstanceOfSatisfying(ProblemException.class, e -> {
                        assertThat(e.problem()).isEqualTo(Problem.ENGINE_FAILED);
                        assertThat(e.detail()).contains("you tried to allocate 4000000000000 bytes");
                    });
        }
    }

    @Test
    void engine_saysThatItRunsCode_andRefusesOtherDevices() throws Exception {
        assertThat(engine.name()).isEqualTo("torchscript");
        assertThat(engine.runsCode()).isTrue();
        assertThat(engine.reads(packaged(Digits.torchscript().bytes(), DIGITS))).isTrue();
        assertThat(engine.reads(packaged(new byte[] {'P', 'K', 3, 4}, DIGITS))).isFalse();
        var gpu = new LoadPlan(new Device(Device.Kind.CUDA, 0, "test", 1 << 30), 1, null);
        var modelPackage = packaged(Digits.torchscript().bytes(), DIGITS);
        assertThatThrownBy(() -> engine.load(modelPackage, gpu))
                .isInstanceOfSatisfying(
                        LoadException.class,
                        e -> assertThat(e.failure().cause()).isEqualTo("unsupported-device"));
    }
}
