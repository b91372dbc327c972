package io.presage.engine.tensorflow;

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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.SavedModel;

class TensorflowEngineTest {
    private static final LoadPlan PLAN = new LoadPlan(new Device(Device.Kind.CPU, 0, "test", 1 << 30), 1, null);

    private static final org.tensorflow.ndarray.Shape TEXTS = org.tensorflow.ndarray.Shape.of(-1);

    private static Engine engine;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() throws LoadException {
        engine = new TensorflowProvider().create(Path.of(System.getProperty("pack.directory")));
    }

    private ModelPackage packaged(@Nullable Signature signature) {
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
        return new ModelPackage(folder, folder.resolve("saved_model.pb"), 1000, manifest);
    }

    private LoadedModel tumour() throws Exception {
        TumourModel.save(folder);
        return engine.load(packaged(null), PLAN);
    }

    private Failure refused(@Nullable Signature signature) {
        var failures = new ArrayList<Failure>();
        assertThatThrownBy(() -> engine.load(packaged(signature), PLAN).close())
                .isInstanceOfSatisfying(LoadException.class, e -> failures.add(e.failure()));
        return failures.getFirst();
    }

    private static float[] floats(Tensor tensor) {
        var values = new float[(int) tensor.shape().elementCount()];
        ((Tensor.Fixed) tensor).data().asFloatBuffer().get(values);
        return values;
    }

    private static long[] longs(Tensor tensor) {
        var values = new long[(int) tensor.shape().elementCount()];
        ((Tensor.Fixed) tensor).data().asLongBuffer().get(values);
        return values;
    }

    private void rewrite(UnaryOperator<SavedModel> change) throws Exception {
        var file = folder.resolve("saved_model.pb");
        Files.write(
                file,
                change.apply(SavedModel.parseFrom(Files.readAllBytes(file))).toByteArray());
    }

    @Test
    void tumour_answersAsTheOnnxModelOnSamplesNeverSeen() throws Exception {
        var samples = TumourModel.heldOut();
        var onnx =
                new ModelPackage(TumourModel.MODELS, TumourModel.ONNX, Files.size(TumourModel.ONNX), Manifest.DEFAULT);
        try (var ours = tumour();
                var theirs = new OnnxEngine().load(onnx, PLAN)) {
            assertThat(ours.signature())
                    .isEqualTo(new Signature(
                            List.of(new TensorSpec("features", DataType.FP32, List.of(-1L, 30L))),
                            List.of(
                                    new TensorSpec("label", DataType.INT64, List.of(-1L)),
                                    new TensorSpec("probabilities", DataType.FP32, List.of(-1L, 2L))),
                            true));
            var answers = ours.run(List.of(samples.tensor()));
            var expected = theirs.run(List.of(samples.tensor()));
            assertThat(longs(answers.get(0))).isEqualTo(longs(expected.get(0)));
            assertThat(floats(answers.get(1))).containsExactly(floats(expected.get(1)), within(1e-5f));
            int right = 0;
            for (int i = 0; i < samples.labels().size(); i++) {
                right += longs(answers.get(0))[i] == samples.labels().get(i) ? 1 : 0;
            }
            assertThat(samples.labels()).hasSize(114);
            assertThat(right).isEqualTo(110);
        }
    }

    @Test
    void texts_passAsBytesBothWays() throws Exception {
        TumourModel.saveTexts(folder, TEXTS, "texts");
        var anyBytes = new byte[] {(byte) 0xff, 0, 'a'};
        var texts = new Tensor.Bytes(
                "text", Shape.of(3), List.of("guitar".getBytes(StandardCharsets.UTF_8), anyBytes, new byte[0]));
        try (var model = engine.load(packaged(null), PLAN)) {
            var answers = model.run(List.of(texts));
            assertThat(answers).extracting(Tensor::name).containsExactly("bytes", "capitals");
            var lengths = new int[3];
            ((Tensor.Fixed) answers.get(0)).data().asIntBuffer().get(lengths);
            assertThat(lengths).containsExactly(6, 3, 0);
            var capitals = ((Tensor.Bytes) answers.get(1)).elements();
            assertThat(capitals.get(0)).asString(StandardCharsets.UTF_8).isEqualTo("GUITAR");
            assertThat(capitals.get(1)).containsExactly(0xff, 0, 'A');
            assertThat(capitals.get(2)).isEmpty();
        }
    }

    @Test
    void views_runSideBySide_andOutliveTheirRoot() throws Exception {
        var samples = TumourModel.heldOut().tensor();
        var root = tumour();
        var expected = floats(root.run(List.of(samples)).get(1));
        var views = new ArrayList<LoadedModel>();
        for (int i = 0; i < 3; i++) {
            views.add(root.share().orElseThrow());
        }
        root.close();
        try (var threads = Executors.newFixedThreadPool(views.size())) {
            var tasks = views.stream()
                    .map(view -> (Callable<Boolean>) () -> {
                        for (int i = 0; i < 20; i++) {
                            assertThat(floats(view.run(List.of(samples)).get(1)))
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
        assertThatThrownBy(() -> root.run(List.of(samples))).hasMessageContaining("run after close");
    }

    @Test
    void manifestsSignature_ordersAndNarrows_orIsRefused() throws Exception {
        TumourModel.save(folder);
        var features = new TensorSpec("features", DataType.FP32, List.of(-1L, 30L));
        var probabilities = new TensorSpec("probabilities", DataType.FP32, List.of(-1L, 2L));
        try (var model = engine.load(packaged(new Signature(List.of(features), List.of(probabilities), true)), PLAN)) {
            assertThat(model.run(List.of(TumourModel.heldOut().tensor())))
                    .extracting(Tensor::name)
                    .containsExactly("probabilities");
        }
        var wide = new TensorSpec("features", DataType.FP32, List.of(-1L, 31L));
        assertThat(refused(new Signature(List.of(wide), List.of(probabilities), true)))
                .extracting(Failure::cause, Failure::evidence)
                .containsExactly(
                        "signature-mismatch",
                        "signature in model.yaml: input features: FP32 [-1, 31] (expected: FP32 [-1, 30])");
        var other = new TensorSpec("x", DataType.FP32, List.of(-1L, 30L));
        assertThat(refused(new Signature(List.of(other), List.of(probabilities), true))
                        .evidence())
                .isEqualTo("signature in model.yaml: input x (expected: one of [features])");
        assertThat(refused(new Signature(List.of(), List.of(probabilities), true))
                        .evidence())
                .isEqualTo("signature in model.yaml: inputs: [] (expected: all of [features])");
    }

    @Test
    void signatures_thatCannotBeChosenFrom_areRefused() throws Exception {
        TumourModel.saveTexts(folder, TEXTS, "one", "two");
        assertThat(refused(null))
                .extracting(Failure::cause, Failure::evidence)
                .containsExactly(
                        "unsupported-signature", "signatures [one, two] (expected: serving_default, or exactly one)");
    }

    @Test
    void unknownRank_wantsASignature() throws Exception {
        TumourModel.saveTexts(folder, org.tensorflow.ndarray.Shape.unknown(), "serving_default");
        assertThat(refused(null))
                .extracting(Failure::cause, Failure::evidence)
                .containsExactly("missing-signature", "input text is of unknown rank");
        var text = new TensorSpec("text", DataType.BYTES, List.of(-1L));
        var bytes = new TensorSpec("bytes", DataType.INT32, List.of(-1L));
        try (var model = engine.load(packaged(new Signature(List.of(text), List.of(bytes), true)), PLAN)) {
            assertThat(model.signature().inputs()).containsExactly(text);
        }
    }

    @Test
    void operatorThatTensorFlowDoesNotHave_isNamed() throws Exception {
        TumourModel.save(folder);
        rewrite(model -> {
            var changed = model.toBuilder();
            for (var node : changed.getMetaGraphsBuilder(0).getGraphDefBuilder().getNodeBuilderList()) {
                if (node.getOp().equals("Softmax")) {
                    node.setOp("Frobnicate");
                }
            }
            return changed.build();
        });
        var failure = refused(null);
        assertThat(failure.cause()).isEqualTo("unsupported-operator");
        assertThat(failure.evidence()).startsWith("operator Frobnicate: ");
    }

    @Test
    void brokenPackages_areRefused() throws Exception {
        TumourModel.save(folder);
        var file = folder.resolve("saved_model.pb");
        var whole = Files.readAllBytes(file);
        for (int length : new int[] {1, 10, whole.length / 2, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThat(refused(null).cause()).isIn("corrupt-model", "unsupported-signature");
        }
        Files.write(file, whole);
        try (var variables = Files.newDirectoryStream(folder.resolve("variables"))) {
            for (var one : variables) {
                Files.delete(one);
            }
        }
        assertThat(refused(null))
                .extracting(Failure::cause, Failure::evidence)
                .containsExactly("missing-file", "variables/variables.index is not in the package");
        TumourModel.save(folder);
        Files.delete(folder.resolve("variables/variables.data-00000-of-00001"));
        assertThat(refused(null).cause()).isEqualTo("missing-file");
    }

    @Test
    void runThatFails_saysWhy_andTheModelGoesOn() throws Exception {
        var narrow = new Tensor.Fixed(
                "features",
                DataType.FP32,
                Shape.of(2, 3),
                ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN));
        try (var model = tumour()) {
            assertThatThrownBy(() -> model.run(List.of(narrow))).isInstanceOfSatisfying(ProblemException.class, e -> {
                assertThat(e.problem()).isEqualTo(Problem.INVALID_INPUT);
                assertThat(e.detail()).startsWith("TensorFlow: Matrix size-incompatible: In[0]: [2,3]");
            });
            assertThat(model.run(List.of(TumourModel.heldOut().tensor()))).hasSize(2);
        }
    }

    @Test
    void engine_saysThatItRunsCode_andRefusesOtherDevices() throws Exception {
        TumourModel.save(folder);
        assertThat(engine.name()).isEqualTo("tensorflow");
        assertThat(engine.runsCode()).isTrue();
        assertThat(engine.reads(packaged(null))).isTrue();
        var gpu = new LoadPlan(new Device(Device.Kind.CUDA, 0, "test", 1 << 30), 1, null);
        assertThatThrownBy(() -> engine.load(packaged(null), gpu))
                .isInstanceOfSatisfying(
                        LoadException.class,
                        e -> assertThat(e.failure().cause()).isEqualTo("unsupported-device"));
    }
}
