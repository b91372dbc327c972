package io.presage.engine.xgboost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Models are trained here by XGBoost's own Java binding, whose answers are what ours are held against.
class XgboostEngineTest {
    private static final LoadPlan PLAN = new LoadPlan(new Device(Device.Kind.CPU, 0, "test", 1 << 30), 1, null);

    private static Engine engine;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() throws LoadException {
        engine = new XgboostProvider().create(Path.of(System.getProperty("pack.directory")));
    }

    private static Booster train(Map<String, Object> settings, float[] rows, float[] labels) throws XGBoostError {
        var all = new HashMap<String, Object>(settings);
        all.putAll(Map.of("max_depth", 3, "eta", 0.3, "seed", 1, "nthread", 1));
        var data = new DMatrix(rows, labels.length, Measurements.FEATURES, Float.NaN);
        try {
            data.setLabel(labels);
            return XGBoost.train(data, all, 20, Map.of(), null, null);
        } finally {
            data.dispose();
        }
    }

    private static Booster tumour() throws XGBoostError {
        var training = Measurements.training();
        return train(Map.of("objective", "binary:logistic"), training.flat(), training.labelArray());
    }

    private ModelPackage saved(Booster booster, String name) throws XGBoostError, IOException {
        var file = folder.resolve(name);
        booster.saveModel(file.toString());
        return new ModelPackage(folder, file, Files.size(file), Manifest.DEFAULT);
    }

    private static float[] theirs(Booster booster, float[] rows) throws XGBoostError {
        var data = new DMatrix(rows, rows.length / Measurements.FEATURES, Measurements.FEATURES, Float.NaN);
        try {
            var flat = new ArrayList<Float>();
            for (var row : booster.predict(data)) {
                for (float value : row) {
                    flat.add(value);
                }
            }
            var array = new float[flat.size()];
            for (int i = 0; i < array.length; i++) {
                array[i] = flat.get(i);
            }
            return array;
        } finally {
            data.dispose();
        }
    }

    private static float[] ours(LoadedModel model, Tensor input) {
        var output = (Tensor.Fixed) model.run(List.of(input)).getFirst();
        var values = new float[(int) output.shape().elementCount()];
        output.data().asFloatBuffer().get(values);
        return values;
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.json", "model.ubj"})
    void binaryClassifier_answersAsItsTrainer(String name) throws Exception {
        var heldOut = Measurements.heldOut();
        var booster = tumour();
        try (var model = engine.load(saved(booster, name), PLAN)) {
            assertThat(model.signature().inputs())
                    .containsExactly(new TensorSpec("features", DataType.FP32, List.of(-1L, 30L)));
            assertThat(model.signature().outputs())
                    .containsExactly(new TensorSpec("predictions", DataType.FP32, List.of(-1L)));
            assertThat(model.signature().batchable()).isTrue();
            var scores = ours(model, heldOut.tensor());
            assertThat(scores).isEqualTo(theirs(booster, heldOut.flat()));
            assertThat(heldOut.areaUnderCurve(scores)).isGreaterThan(0.98);
        }
    }

    @Test
    void missingMeasurements_areNotNumbers() throws Exception {
        var rows = Measurements.heldOut().flat();
        for (int i = 0; i < rows.length; i += 3) {
            rows[i] = Float.NaN;
        }
        var booster = tumour();
        try (var model = engine.load(saved(booster, "model.json"), PLAN)) {
            assertThat(ours(model, Measurements.tensor(rows)))
                    .isEqualTo(theirs(booster, rows))
                    .isNotEqualTo(ours(model, Measurements.heldOut().tensor()));
        }
    }

    @Test
    void classesOfThree_giveTheirProbabilities() throws Exception {
        var training = Measurements.training();
        var labels = new float[training.size()];
        for (int i = 0; i < labels.length; i++) {
            float radius = training.rows().get(i)[0];
            labels[i] = radius < 12 ? 0 : radius < 16 ? 1 : 2;
        }
        var booster = train(Map.of("objective", "multi:softprob", "num_class", 3), training.flat(), labels);
        var heldOut = Measurements.heldOut();
        try (var model = engine.load(saved(booster, "model.ubj"), PLAN)) {
            assertThat(model.signature().outputs().getFirst().shape()).containsExactly(-1L, 3L);
            var answers = ours(model, heldOut.tensor());
            assertThat(answers).isEqualTo(theirs(booster, heldOut.flat()));
            int right = 0;
            for (int i = 0; i < heldOut.size(); i++) {
                assertThat(answers[3 * i] + answers[3 * i + 1] + answers[3 * i + 2])
                        .isCloseTo(1, within(1e-5f));
                float radius = heldOut.rows().get(i)[0];
                right += answers[3 * i + (radius < 12 ? 0 : radius < 16 ? 1 : 2)] > 0.5 ? 1 : 0;
            }
            assertThat(right).isGreaterThan(heldOut.size() * 9 / 10);
        }
    }

    @Test
    void regression_givesRawNumbers() throws Exception {
        var training = Measurements.training();
        var labels = new float[training.size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = training.rows().get(i)[3];
        }
        var booster = train(Map.of("objective", "reg:squarederror"), training.flat(), labels);
        var heldOut = Measurements.heldOut();
        try (var model = engine.load(saved(booster, "model.json"), PLAN)) {
            assertThat(model.signature().outputs().getFirst().shape()).containsExactly(-1L);
            assertThat(ours(model, heldOut.tensor())).isEqualTo(theirs(booster, heldOut.flat()));
        }
    }

    @Test
    void memoryOfAnyKind_isRead() throws Exception {
        var heldOut = Measurements.heldOut();
        var flat = heldOut.flat();
        var misaligned = ByteBuffer.allocateDirect(flat.length * Float.BYTES + 1)
                .slice(1, flat.length * Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        var heap = ByteBuffer.allocate(flat.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        var shape = Shape.of(heldOut.size(), Measurements.FEATURES);
        try (var model = engine.load(saved(tumour(), "model.ubj"), PLAN)) {
            var expected = ours(model, heldOut.tensor());
            for (var memory : List.of(misaligned, heap)) {
                memory.asFloatBuffer().put(flat);
                assertThat(ours(model, new Tensor.Fixed("features", DataType.FP32, shape, memory)))
                        .isEqualTo(expected);
            }
            for (int i = 0; i < heldOut.size(); i++) {
                var row = Measurements.tensor(heldOut.rows().get(i));
                assertThat(ours(model, row)).containsExactly(expected[i]);
            }
        }
    }

    @Test
    void views_runSideBySide_andOutliveTheirRoot() throws Exception {
        var heldOut = Measurements.heldOut();
        var root = engine.load(saved(tumour(), "model.ubj"), PLAN);
        var expected = ours(root, heldOut.tensor());
        var views = new ArrayList<LoadedModel>();
        for (int i = 0; i < 4; i++) {
            views.add(root.share().orElseThrow());
        }
        root.close();
        try (var threads = Executors.newFixedThreadPool(views.size())) {
            var tasks = views.stream()
                    .map(view -> (Callable<Boolean>) () -> {
                        for (int i = 0; i < 200; i++) {
                            assertThat(ours(view, heldOut.tensor())).isEqualTo(expected);
                        }
                        view.close();
                        return true;
                    })
                    .toList();
            for (var done : threads.invokeAll(tasks)) {
                assertThat(done.get()).isTrue();
            }
        }
        assertThatThrownBy(() -> root.run(List.of(heldOut.tensor()))).hasMessageContaining("run after close");
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.json", "model.ubj"})
    void brokenFiles_areRefused(String name) throws Exception {
        var whole = saved(tumour(), name);
        var bytes = Files.readAllBytes(whole.modelFile());
        for (int length : new int[] {0, 1, 16, bytes.length / 2, bytes.length - 1}) {
            Files.write(whole.modelFile(), java.util.Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> engine.load(whole, PLAN)).isInstanceOfSatisfying(LoadException.class, e -> {
                assertThat(e.failure().cause()).isEqualTo("corrupt-model");
                assertThat(e.failure().evidence()).doesNotContain("Stack trace");
            });
        }
    }

    @Test
    void otherDevices_areRefused() {
        var plan = new LoadPlan(new Device(Device.Kind.CUDA, 0, "test", 1 << 30), 1, null);
        assertThatThrownBy(() -> engine.load(new ModelPackage(folder, folder, 0, Manifest.DEFAULT), plan))
                .isInstanceOfSatisfying(
                        LoadException.class,
                        e -> assertThat(e.failure().cause()).isEqualTo("unsupported-device"));
    }

    @Test
    void libraryThatIsNotThere_saysWhy() {
        assertThatThrownBy(() -> XgboostLibrary.load(folder.resolve("libxgboost4j.so")))
                .isInstanceOfSatisfying(LoadException.class, e -> {
                    assertThat(e.failure().cause()).isEqualTo("engine-broken");
                    assertThat(e.failure().evidence()).contains("libxgboost4j.so");
                });
    }
}
