package io.presage.worker.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Tuning;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TunerTest {
    private static final Signature SIGNATURE = new Signature(
            List.of(new TensorSpec("x", DataType.UINT8, Shape.of(-1, -1))),
            List.of(new TensorSpec("y", DataType.UINT8, Shape.of(-1, -1))),
            true);

    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger open = new AtomicInteger();

    /// Takes `perUnit` ms a cell of its input and `perCall` ms a run, of a clock that only runs move: instances
    /// side by side are no quicker than one after the other.
    private final class Model implements LoadedModel {
        private final double perUnit;
        private final double perCall;
        private int rowsMax = Integer.MAX_VALUE;
        private Signature signature = SIGNATURE;

        Model(double perUnit, double perCall) {
            this.perUnit = perUnit;
            this.perCall = perCall;
            open.incrementAndGet();
        }

        @Override
        public Signature signature() {
            return signature;
        }

        @Override
        public List<Tensor> run(List<Tensor> inputs) {
            var shape = inputs.getFirst().shape();
            if (shape.dim(0) > rowsMax) {
                throw new ProblemException(Problem.ENGINE_FAILED, "too many rows");
            }
            nanos.addAndGet((long) ((perUnit * shape.elementCount() + perCall) * 1e6));
            return inputs;
        }

        @Override
        public Optional<LoadedModel> share() {
            return Optional.of(new Model(perUnit, perCall));
        }

        @Override
        public long memoryBytes() {
            return 1;
        }

        @Override
        public void close() {
            open.decrementAndGet();
        }
    }

    private static final class Texts implements Task {
        @Override
        public Signature signature() {
            return SIGNATURE;
        }

        @Override
        public boolean isLight() {
            return false;
        }

        @Override
        public Prepared prepare(List<Tensor> inputs) {
            var shape = inputs.getFirst().shape();
            int rows = (int) shape.dim(0);
            int length = (int) shape.dim(1);
            return new Prepared(inputs, rows, 0, length, (long) rows * length, "");
        }

        @Override
        public List<Tensor> finish(Prepared prepared, List<Tensor> outputs) {
            return outputs;
        }
    }

    private static Task.Prepared text(int rows, int tokens) {
        var shape = Shape.of(rows, tokens);
        return new Texts()
                .prepare(List.of(
                        new Tensor.Fixed("x", DataType.UINT8, shape, TensorAllocator.DIRECT.allocate(rows * tokens))));
    }

    private static Manifest manifest(String profile, int instances, int intraOpThreads) {
        var d = Manifest.DEFAULT;
        return new Manifest(
                d.task(),
                d.model(),
                d.engine(),
                d.labels(),
                d.device(),
                profile,
                instances,
                intraOpThreads,
                d.batching(),
                d.text(),
                d.image(),
                d.detection(),
                d.audio(),
                d.samples(),
                d.signature());
    }

    private static Device cpu(int cores) {
        return new Device(Device.Kind.CPU, 0, "Test", 1, cores);
    }

    private Tuner tuner(Duration budget) {
        return new Tuner(new TuningSettings(budget), new Tuner.Clocks(nanos::get, nanos::get));
    }

    private Tuner.Subject subject(
            Manifest manifest, int cores, Model model, Tuner.Copies copies, Task.Prepared... samples) {
        return new Tuner.Subject(manifest, cpu(cores), new Texts(), 1, model, model, List.of(samples), copies);
    }

    private static final Tuner.Copies NO_ROOM = _ -> Optional.empty();

    @Test
    void tune_findsWhereBatchesCeaseToPay_andTheLine() {
        var model = new Model(0.25, 2);
        var tuning = tuner(Duration.ofSeconds(2))
                .tune(subject(Manifest.DEFAULT, 1, model, NO_ROOM, text(1, 16)))
                .orElseThrow();
        assertThat(tuning.deviceClass()).isEqualTo("cpu:Test:1");
        assertThat(tuning.intraOpThreads()).isEqualTo(1);
        assertThat(tuning.instances()).isEqualTo(1);
        assertThat(tuning.rowsMax()).isEqualTo(16);
        assertThat(tuning.millisPerUnit()).isCloseTo(0.25, within(1e-6));
        assertThat(tuning.millisPerCall()).isCloseTo(2, within(1e-6));
        assertThat(nanos.get()).as("within the budget").isLessThan(2_100_000_000L);
        assertThat(open.get()).as("the subject's own").isEqualTo(1);
    }

    @Test
    void tune_withTextsOfOtherLengths_fitsThemToo() {
        var tuning = tuner(Duration.ofSeconds(2))
                .tune(subject(Manifest.DEFAULT, 1, new Model(0.25, 2), NO_ROOM, text(2, 8), text(1, 64), text(1, 200)))
                .orElseThrow();
        assertThat(tuning.millisPerUnit()).isCloseTo(0.25, within(1e-6));
        assertThat(tuning.rowsMax()).as("of 64 tokens").isEqualTo(4);
    }

    @Test
    void tune_ofAModelThatIsLinear_doesNotBatch() {
        var tuning = tuner(Duration.ofSeconds(1))
                .tune(subject(Manifest.DEFAULT, 1, new Model(8, 0), NO_ROOM, text(1, 1)))
                .orElseThrow();
        assertThat(tuning.rowsMax()).isEqualTo(1);
    }

    @Test
    void tune_withTwoCores_triesEverySetting_andClosesWhatItMade() {
        var copies = new AtomicInteger();
        var tuning = tuner(Duration.ofSeconds(2))
                .tune(subject(
                        manifest("latency", 0, 0),
                        2,
                        new Model(0.25, 2),
                        threads -> {
                            assertThat(threads).isEqualTo(2);
                            copies.incrementAndGet();
                            var root = new Model(0.125, 1.5);
                            return Optional.of(new Tuner.Copy(root, root, root::close));
                        },
                        text(1, 16)))
                .orElseThrow();
        assertThat(copies).hasValue(1);
        assertThat(tuning.intraOpThreads()).isEqualTo(2);
        assertThat(tuning.instances()).isEqualTo(1);
        assertThat(open.get()).isEqualTo(1);
    }

    @Test
    void tune_withoutRoomForAnotherCopy_keepsToWhatThereIs() {
        var tuning = tuner(Duration.ofSeconds(2))
                .tune(subject(manifest("latency", 0, 0), 2, new Model(0.25, 2), NO_ROOM, text(1, 16)))
                .orElseThrow();
        assertThat(tuning.intraOpThreads()).isEqualTo(1);
        assertThat(open.get()).isEqualTo(1);
    }

    @Test
    void tune_ofAQuickModel_skipsTheRestOfTheGrid() {
        var tuning = tuner(Duration.ofSeconds(2))
                .tune(subject(
                        Manifest.DEFAULT,
                        2,
                        new Model(0.001, 0.004),
                        _ -> {
                            throw new AssertionError("no second session for it");
                        },
                        text(1, 1)))
                .orElseThrow();
        assertThat(tuning.instances()).isEqualTo(1);
        assertThat(nanos.get()).isLessThan(200_000_000L);
    }

    @Test
    void tune_ofAModelThatFailsOnLargeBatches_staysBelowThem() {
        var model = new Model(0.1, 10);
        model.rowsMax = 4;
        var tuning = tuner(Duration.ofSeconds(2))
                .tune(subject(manifest("throughput", 1, 1), 1, model, NO_ROOM, text(1, 1)))
                .orElseThrow();
        assertThat(tuning.millisPerCall()).isCloseTo(10, within(1e-6));
    }

    @Test
    void tune_ofAModelWithoutBatches_runsTheSampleAsItIs() {
        var model = new Model(1, 5);
        model.signature = new Signature(SIGNATURE.inputs(), SIGNATURE.outputs(), false);
        var tuning = tuner(Duration.ofSeconds(2))
                .tune(subject(Manifest.DEFAULT, 1, model, NO_ROOM, text(3, 2)))
                .orElseThrow();
        assertThat(tuning.rowsMax()).isEqualTo(1);
        assertThat(tuning.millisPerUnit() * 2 + tuning.millisPerCall()).isCloseTo(11, within(1e-6));
    }

    @Test
    void tune_ofAVerySlowModel_isBounded() {
        tuner(Duration.ofSeconds(2)).tune(subject(Manifest.DEFAULT, 1, new Model(400, 0), NO_ROOM, text(1, 1)));
        assertThat(nanos.get()).isLessThan(2_500_000_000L);
    }

    @Test
    void tune_withoutABudget_measuresNothing() {
        assertThat(tuner(Duration.ZERO).tune(subject(Manifest.DEFAULT, 2, new Model(1, 1), NO_ROOM, text(1, 1))))
                .isEmpty();
        assertThat(nanos).hasValue(0);
    }

    @Test
    void faster_isTheQuickerLoneCall_orMoreRows() {
        var cpu = new Tuning("cpu:Test:4", 1, 4, 4, 1, 1);
        var gpu = new Tuning("cuda:Test", 1, 1, 32, 0.05, 3);
        assertThat(Tuner.faster(cpu, gpu, "latency", 1)).isEqualTo(cpu);
        assertThat(Tuner.faster(gpu, cpu, "latency", 1)).isEqualTo(cpu);
        assertThat(Tuner.faster(cpu, gpu, "throughput", 1)).isEqualTo(gpu);
        assertThat(Tuner.faster(gpu, cpu, "throughput", 1)).isEqualTo(gpu);
    }

    @Test
    void pinnedValues_areRespected() {
        var line = new CostLine(0.25, 2.1);
        var d = manifest("latency", 3, 5);
        var byDefault = Tuner.byDefault(d, cpu(4), true, 16, line);
        assertThat(byDefault.instances()).isEqualTo(3);
        assertThat(byDefault.intraOpThreads()).isEqualTo(5);
        var measured = Tuner.byDefault(Manifest.DEFAULT, cpu(4), true, 16, line);
        assertThat(Tuner.pinned(d, measured).instances()).isEqualTo(3);
        assertThat(Tuner.pinned(d, measured).intraOpThreads()).isEqualTo(5);
        assertThat(Tuner.pinned(Manifest.DEFAULT, measured)).isEqualTo(measured);
    }

    @Test
    void byDefault_isOneThreadForEachCore_orAllForOneRun() {
        var line = new CostLine(0.25, 2.1);
        var throughput = Tuner.byDefault(manifest("throughput", 0, 0), cpu(4), true, 16, line);
        assertThat(List.of(throughput.intraOpThreads(), throughput.instances(), throughput.rowsMax()))
                .containsExactly(1, 4, 18);
        var latency = Tuner.byDefault(manifest("latency", 0, 0), cpu(4), true, 16, line);
        assertThat(List.of(latency.intraOpThreads(), latency.instances())).containsExactly(4, 1);
        assertThat(Tuner.byDefault(Manifest.DEFAULT, cpu(4), false, 1, line).rowsMax())
                .isEqualTo(1);
    }
}
