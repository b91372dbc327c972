package io.presage.worker.engine.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.FileKind;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.engine.packs.PackChild;
import io.presage.worker.engine.packs.PackForTests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

/// Real child processes, with an engine that does on a run what its first number says: -1 ends the process, -2
/// hangs, -3 finds the input wrong, -4 throws; any other number is doubled.
class ChildProcessTest {
    private static final LoadPlan PLAN = new LoadPlan(new Device(Device.Kind.CPU, 0, "test", 1 << 30), 1, null);
    private static final String LOAD = """
            try {
                switch (Files.readString(modelPackage.modelFile())) {
                    case "refuse" -> throw new LoadException(new Failure("load", "own", "words", "fix"));
                    case "die" -> {
                        System.out.println("native code says goodbye");
                        Runtime.getRuntime().halt(134);
                    }
                    case "hang" -> Thread.currentThread().join();
                    default -> {}
                }
            } catch (java.io.IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return new Doubling();
            """;
    private static final String MEMBERS = """
            static final class Doubling implements LoadedModel {
                private final java.nio.ByteBuffer out = java.nio.ByteBuffer.allocateDirect(1 << 20)
                        .order(java.nio.ByteOrder.LITTLE_ENDIAN);

                @Override
                public Signature signature() {
                    return new Signature(
                            List.of(new TensorSpec("x", DataType.FP32, List.of(-1L))),
                            List.of(new TensorSpec("y", DataType.FP32, List.of(-1L))),
                            true);
                }

                @Override
                public List<Tensor> run(List<Tensor> inputs) {
                    var in = ((Tensor.Fixed) inputs.getFirst()).data().asFloatBuffer();
                    switch ((int) in.get(0)) {
                        case -1 -> Runtime.getRuntime().halt(139);
                        case -2 -> {
                            while (true) {
                                Thread.onSpinWait();
                            }
                        }
                        case -3 -> throw new io.presage.contract.problem.ProblemException(
                                io.presage.contract.problem.Problem.INVALID_INPUT, "a wrong number");
                        case -4 -> throw new IllegalStateException("thrown");
                        default -> {}
                    }
                    out.clear();
                    for (int i = 0; i < in.limit(); i++) {
                        out.putFloat(2 * in.get(i));
                    }
                    out.flip();
                    return List.of(new Tensor.Fixed("y", DataType.FP32, inputs.getFirst().shape(),
                            out.slice().order(java.nio.ByteOrder.LITTLE_ENDIAN)));
                }

                @Override
                public Optional<LoadedModel> share() {
                    return Optional.of(new Doubling());
                }

                @Override
                public long memoryBytes() {
                    return 1;
                }

                @Override
                public void close() {}
            }
            """;

    @TempDir
    private static Path directory;

    private static Path pack;
    private static ChildProcesses children;

    @BeforeAll
    static void start() throws IOException {
        pack = PackForTests.write(directory, "xgboost", "return new Named(\"xgboost\");", LOAD, MEMBERS);
        children = processes(PackChild.class.getName(), Duration.ofMinutes(1), Duration.ofMinutes(1), 3);
    }

    @AfterAll
    static void stop() {
        children.close();
    }

    private static ChildProcesses processes(String mainClass, Duration loadMax, Duration runMax, int deathsMax) {
        var settings = new ChildSettings(
                DataSize.ofMegabytes(32), DataSize.ofMegabytes(1), loadMax, runMax, deathsMax, Duration.ofMinutes(10));
        return new ChildProcesses(
                ChildCommand.ofThisProcess(mainClass), settings, () -> "a secret word", System::nanoTime);
    }

    private static LoadedModel load(ChildProcesses processes, String model) throws IOException, LoadException {
        var folder = Files.createTempDirectory(directory, "package");
        var file = Files.writeString(folder.resolve("model.json"), model);
        return new ProcessEngine("xgboost", false, kind -> kind == FileKind.XGBOOST_JSON, pack, processes)
                .load(new ModelPackage(folder, file, 1, Manifest.DEFAULT), PLAN);
    }

    private static Failure refusal(ChildProcesses processes, String model) throws IOException {
        try (var loaded = load(processes, model)) {
            throw new AssertionError("loaded " + loaded);
        } catch (LoadException e) {
            return e.failure();
        }
    }

    private static List<Tensor> input(float... numbers) {
        var data = ByteBuffer.allocateDirect(numbers.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(numbers);
        return List.of(new Tensor.Fixed("x", DataType.FP32, Shape.of(numbers.length), data));
    }

    private static float run(LoadedModel model, float... numbers) {
        var output = (Tensor.Fixed) model.run(input(numbers)).getFirst();
        assertThat(output.shape().dim(0)).isEqualTo(numbers.length);
        return output.data().getFloat(0);
    }

    private static Problem problem(LoadedModel model, float number) {
        try {
            throw new AssertionError("answered " + run(model, number));
        } catch (ProblemException e) {
            return e.problem();
        }
    }

    private static void eventually(BooleanSupplier isSo) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!isSo.getAsBoolean()) {
            assertThat(System.nanoTime()).as("a minute is over").isLessThan(deadline);
            LockSupport.parkNanos(10_000_000);
        }
    }

    /// Waits until there is a child that takes calls.
    private static void runs(LoadedModel model) {
        eventually(() -> {
            try {
                return run(model, 1) == 2;
            } catch (ProblemException e) {
                assertThat(e.problem()).isEqualTo(Problem.VERSION_NOT_READY);
                return false;
            }
        });
    }

    private static ProcessHandle onlyChildOf(ChildProcesses processes, List<ProcessHandle> others) {
        assertThat(processes.count()).isEqualTo(1);
        return ProcessHandle.current()
                .children()
                .filter(child -> !others.contains(child) && child.isAlive())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void modelInAChild_answersAsOneAtHome() throws Exception {
        try (var model = load(children, "double")) {
            assertThat(model.signature().inputs()).containsExactly(new TensorSpec("x", DataType.FP32, List.of(-1L)));
            assertThat(model.signature().batchable()).isTrue();
            assertThat(run(model, 21)).isEqualTo(42);
            assertThat(run(model, new float[100_000])).isZero();
            assertThat(run(model, 4, 5, 6)).isEqualTo(8);
            assertThat(problem(model, -3)).isEqualTo(Problem.INVALID_INPUT);
            assertThat(problem(model, -4)).isEqualTo(Problem.ENGINE_FAILED);
            assertThat(run(model, 2)).isEqualTo(4);
            assertThat(model.memoryBytes()).isGreaterThan(10 << 20);
            assertThat(model.runsElsewhere()).isTrue();
            assertThat(model.failure()).isEmpty();
        }
    }

    @Test
    void inputsThatAreTooLarge_costNothingElse() throws Exception {
        try (var model = load(children, "double")) {
            assertThatThrownBy(() -> run(model, new float[300_000]))
                    .isInstanceOfSatisfying(
                            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.BODY_TOO_LARGE));
            assertThat(run(model, 2)).isEqualTo(4);
        }
    }

    @Test
    void views_runSideBySide_inOneChild() throws Exception {
        long before = children.starts();
        try (var model = load(children, "double");
                var threads = Executors.newFixedThreadPool(3)) {
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int i = 0; i < 3; i++) {
                var view = model.share().orElseThrow();
                float number = i + 1;
                tasks.add(() -> {
                    try (view) {
                        for (int run = 0; run < 200; run++) {
                            assertThat(run(view, number)).isEqualTo(2 * number);
                        }
                    }
                    return true;
                });
            }
            for (var done : threads.invokeAll(tasks)) {
                assertThat(done.get()).isTrue();
            }
            assertThat(run(model, 5)).isEqualTo(10);
        }
        assertThat(children.starts()).isEqualTo(before + 1);
    }

    @Test
    void lastViewThatCloses_endsTheChild_andItsFolder() throws Exception {
        var own = processes(PackChild.class.getName(), Duration.ofMinutes(1), Duration.ofMinutes(1), 3);
        var others = ProcessHandle.current().children().toList();
        var model = load(own, "double");
        var view = model.share().orElseThrow();
        var child = onlyChildOf(own, others);
        model.close();
        assertThat(run(view, 1)).isEqualTo(2);
        view.close();
        assertThat(child.isAlive()).isFalse();
        assertThat(own.count()).isZero();
        assertThat(own.deaths()).isZero();
    }

    @Test
    void cardOfALoad_comesBack() throws Exception {
        assertThat(refusal(children, "refuse")).isEqualTo(new Failure("load", "own", "words", "fix"));
    }

    @Test
    void deathDuringTheLoad_hasACardWithItsLastWords() throws Exception {
        var failure = refusal(children, "die");
        assertThat(failure.phase()).isEqualTo("load");
        assertThat(failure.cause()).isEqualTo("engine-crashed");
        assertThat(failure.evidence()).contains("signal 6 (SIGABRT", "native code says goodbye");
    }

    @Test
    void loadThatHangs_isKilled() throws Exception {
        var impatient = processes(PackChild.class.getName(), Duration.ofSeconds(3), Duration.ofMinutes(1), 3);
        var failure = refusal(impatient, "hang");
        assertThat(failure.cause()).isEqualTo("engine-hung");
        assertThat(failure.evidence()).contains("had not loaded after PT3S");
        assertThat(impatient.count()).isZero();
    }

    @Test
    void killedUnderLoad_itComesBack_andOthersDoNotNotice() throws Exception {
        var own = processes(PackChild.class.getName(), Duration.ofMinutes(1), Duration.ofMinutes(1), 3);
        try (var neighbour = load(children, "double");
                var threads = Executors.newFixedThreadPool(3)) {
            var others = ProcessHandle.current().children().toList();
            try (var model = load(own, "double")) {
                var child = onlyChildOf(own, others);
                var killed = new AtomicBoolean();
                var tasks = new ArrayList<Callable<Integer>>();
                for (int i = 0; i < 2; i++) {
                    var view = model.share().orElseThrow();
                    tasks.add(() -> {
                        int failed = 0;
                        try (view) {
                            for (int rightAfter = 0; rightAfter < 100; ) {
                                try {
                                    assertThat(run(view, 3)).isEqualTo(6);
                                    rightAfter += killed.get() && own.deaths() > 0 ? 1 : 0;
                                } catch (ProblemException e) {
                                    assertThat(e.problem()).isIn(Problem.ENGINE_FAILED, Problem.VERSION_NOT_READY);
                                    failed += e.problem() == Problem.ENGINE_FAILED ? 1 : 0;
                                }
                            }
                        }
                        return failed;
                    });
                }
                tasks.add(() -> {
                    for (int i = 0; i < 100; i++) {
                        assertThat(run(neighbour, 3)).isEqualTo(6);
                    }
                    child.destroyForcibly();
                    killed.set(true);
                    for (int i = 0; i < 2_000; i++) {
                        assertThat(run(neighbour, 3)).isEqualTo(6);
                    }
                    return 0;
                });
                for (var done : threads.invokeAll(tasks)) {
                    assertThat(done.get()).isLessThanOrEqualTo(1);
                }
                assertThat(own.deaths()).isEqualTo(1);
                assertThat(own.starts()).isEqualTo(2);
                assertThat(model.failure()).isEmpty();
            }
        }
    }

    @Test
    void runThatEndsTheProcess_failsAlone_andTooManyOfThemAreTheEnd() throws Exception {
        var own = processes(PackChild.class.getName(), Duration.ofMinutes(1), Duration.ofMinutes(1), 2);
        try (var model = load(own, "double")) {
            assertThat(problem(model, -1)).isEqualTo(Problem.ENGINE_FAILED);
            runs(model);
            assertThat(problem(model, -1)).isEqualTo(Problem.ENGINE_FAILED);
            eventually(() -> model.failure().isPresent());
            var failure = model.failure().orElseThrow();
            assertThat(failure.cause()).isEqualTo("engine-crashed");
            assertThat(failure.evidence()).contains("2 deaths within PT10M", "signal 11 (SIGSEGV");
            assertThat(problem(model, 1)).isEqualTo(Problem.VERSION_NOT_READY);
            assertThat(own.count()).isZero();
        }
    }

    @Test
    void runThatHangs_isKilledAtItsLimit() throws Exception {
        var impatient = processes(PackChild.class.getName(), Duration.ofMinutes(1), Duration.ofSeconds(1), 2);
        try (var model = load(impatient, "double")) {
            assertThat(problem(model, -2)).isEqualTo(Problem.ENGINE_FAILED);
            runs(model);
            assertThat(problem(model, -2)).isEqualTo(Problem.ENGINE_FAILED);
            eventually(() -> model.failure().isPresent());
            var failure = model.failure().orElseThrow();
            assertThat(failure.cause()).isEqualTo("engine-hung");
            assertThat(failure.evidence()).contains("a run took longer than PT1S");
        }
    }

    @Test
    void childThatSendsNoise_isKilled() throws Exception {
        var noisy = processes(GarbageChild.class.getName(), Duration.ofMinutes(1), Duration.ofMinutes(1), 1);
        try (var model = load(noisy, "double")) {
            assertThat(problem(model, 1)).isEqualTo(Problem.ENGINE_FAILED);
            eventually(() -> model.failure().isPresent());
            assertThat(model.failure().orElseThrow().evidence()).contains("was killed: it sent ");
            assertThat(noisy.count()).isZero();
        }
    }
}
