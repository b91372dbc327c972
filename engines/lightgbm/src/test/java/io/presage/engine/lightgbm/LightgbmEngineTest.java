package io.presage.engine.lightgbm;

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
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models are trained here by LightGBM's own Java binding, whose answers are what ours are held against.
class LightgbmEngineTest {
    private static final LoadPlan PLAN = new LoadPlan(new Device(Device.Kind.CPU, 0, "test", 1 << 30), 1, null);

    private static Engine engine;

    @TempDir
    private static Path natives;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() throws LoadException, IOException {
        Trainer.open(natives);
        engine = new LightgbmProvider().create(Path.of(System.getProperty("pack.directory")));
    }

    private static Trainer tumour() {
        var training = Measurements.training();
        return Trainer.train("objective=binary", training.flat(), training.labelArray(), 30);
    }

    private ModelPackage saved(Trainer trainer) throws IOException {
        var file = folder.resolve("model.txt");
        trainer.save(file);
        return new ModelPackage(folder, file, Files.size(file), Manifest.DEFAULT);
    }

    private static double[] ours(LoadedModel model, Tensor input) {
        var output = (Tensor.Fixed) model.run(List.of(input)).getFirst();
        var values = new double[(int) output.shape().elementCount()];
        output.data().asDoubleBuffer().get(values);
        return values;
    }

    private static double[] theirs(Trainer trainer, float[] rows, int answers) {
        return trainer.predict(rows, Measurements.FEATURES, answers);
    }

    @Test
    void binaryClassifier_answersAsItsTrainer() throws Exception {
        var heldOut = Measurements.heldOut();
        try (var trainer = tumour();
                var model = engine.load(saved(trainer), PLAN)) {
            assertThat(model.signature().inputs())
                    .containsExactly(new TensorSpec("features", DataType.FP32, List.of(-1L, 30L)));
            assertThat(model.signature().outputs())
                    .containsExactly(new TensorSpec("predictions", DataType.FP64, List.of(-1L)));
            assertThat(model.signature().batchable()).isTrue();
            var scores = ours(model, heldOut.tensor());
            assertThat(scores).isEqualTo(theirs(trainer, heldOut.flat(), 1));
            assertThat(heldOut.areaUnderCurve(scores)).isGreaterThan(0.97);
        }
    }

    @Test
    void missingMeasurements_areNotNumbers() throws Exception {
        var training = Measurements.training();
        var holed = training.flat();
        var rows = Measurements.heldOut().flat();
        for (int i = 0; i < holed.length; i += 5) {
            holed[i] = Float.NaN;
        }
        for (int i = 0; i < rows.length; i += 3) {
            rows[i] = Float.NaN;
        }
        try (var trainer = Trainer.train("objective=binary", holed, training.labelArray(), 30);
                var model = engine.load(saved(trainer), PLAN)) {
            assertThat(ours(model, Measurements.tensor(rows)))
                    .isEqualTo(theirs(trainer, rows, 1))
                    .isNotEqualTo(ours(model, Measurements.heldOut().tensor()));
        }
    }

    @Test
    void classesOfThree_giveTheirProbabilities() throws Exception {
        var training = Measurements.training();
        var labels = new float[training.size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = classOf(training.rows().get(i));
        }
        var heldOut = Measurements.heldOut();
        try (var trainer = Trainer.train("objective=multiclass num_class=3", training.flat(), labels, 30);
                var model = engine.load(saved(trainer), PLAN)) {
            assertThat(model.signature().outputs().getFirst().shape()).containsExactly(-1L, 3L);
            var answers = ours(model, heldOut.tensor());
            assertThat(answers).isEqualTo(theirs(trainer, heldOut.flat(), 3));
            int right = 0;
            for (int i = 0; i < heldOut.size(); i++) {
                assertThat(answers[3 * i] + answers[3 * i + 1] + answers[3 * i + 2])
                        .isCloseTo(1, within(1e-9));
                right += answers[3 * i + classOf(heldOut.rows().get(i))] > 0.5 ? 1 : 0;
            }
            assertThat(right).isGreaterThan(heldOut.size() * 9 / 10);
        }
    }

    private static int classOf(float[] row) {
        return row[0] < 12 ? 0 : row[0] < 16 ? 1 : 2;
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
        try (var trainer = tumour();
                var model = engine.load(saved(trainer), PLAN)) {
            var expected = ours(model, heldOut.tensor());
            for (var memory : List.of(misaligned, heap)) {
                memory.asFloatBuffer().put(flat);
                assertThat(ours(model, new Tensor.Fixed("features", DataType.FP32, shape, memory)))
                        .isEqualTo(expected);
            }
            for (int i = 0; i < heldOut.size(); i++) {
                assertThat(ours(model, Measurements.tensor(heldOut.rows().get(i))))
                        .containsExactly(expected[i]);
            }
        }
    }

    @Test
    void views_runSideBySide_andOutliveTheirRoot() throws Exception {
        var heldOut = Measurements.heldOut();
        try (var trainer = tumour();
                var threads = Executors.newFixedThreadPool(4)) {
            var root = engine.load(saved(trainer), PLAN);
            var expected = ours(root, heldOut.tensor());
            var views = new ArrayList<LoadedModel>();
            for (int i = 0; i < 4; i++) {
                views.add(root.share().orElseThrow());
            }
            root.close();
            var tasks = views.stream()
                    .map(view -> (Callable<Boolean>) () -> {
                        for (int i = 0; i < 100; i++) {
                            assertThat(ours(view, heldOut.tensor())).isEqualTo(expected);
                        }
                        view.close();
                        return true;
                    })
                    .toList();
            for (var done : threads.invokeAll(tasks)) {
                assertThat(done.get()).isTrue();
            }
            assertThatThrownBy(() -> root.run(List.of(heldOut.tensor()))).hasMessageContaining("run after close");
        }
    }

    @Test
    void brokenFiles_areRefused() throws Exception {
        try (var trainer = tumour()) {
            var whole = saved(trainer);
            var bytes = Files.readAllBytes(whole.modelFile());
            for (int length : new int[] {0, 5, 40, 200}) {
                Files.write(whole.modelFile(), Arrays.copyOf(bytes, length));
                assertThatThrownBy(() -> engine.load(whole, PLAN))
                        .isInstanceOfSatisfying(
                                LoadException.class,
                                e -> assertThat(e.failure().cause()).isEqualTo("corrupt-model"));
            }
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
        assertThatThrownBy(() -> LightgbmLibrary.load(folder.resolve("lib_lightgbm.so")))
                .isInstanceOfSatisfying(LoadException.class, e -> {
                    assertThat(e.failure().cause()).isEqualTo("engine-broken");
                    assertThat(e.failure().evidence()).contains("lib_lightgbm.so");
                });
    }
}
