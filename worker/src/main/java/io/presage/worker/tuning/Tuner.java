package io.presage.worker.tuning;

import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Tuning;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Measures a small grid (threads of a run x runs side by side x rows of a batch) on a version's samples and
/// keeps the best. Each point is measured a few times, in rounds over all points, and its median counts; points
/// that are clearly worse leave after the first rounds.
/// For throughput, runs of one thread are measured in that thread's CPU time, which shows what instances cost
/// each other (caches,
/// memory) and not what the rest of the machine did meanwhile: with elapsed time a busy machine would be tuned
/// to one instance for good.
/// Takes about the budget at most, a twentieth of it for models so quick that they run on event loops.
/// Blocking; loader threads.
public final class Tuner {
    private static final Logger log = LoggerFactory.getLogger(Tuner.class);

    /// Quicker models are not worth a hand-over to other threads: only their batches are measured.
    private static final double QUICK_MILLIS = 0.1;
    /// A slice is about this long, so that the clock and the start of the threads do not matter.
    private static final double SLICE_MILLIS = 3;
    private static final int SLICE_RUNS_MAX = 200;
    /// Of the budget, for one run of a batch; a longer one would keep its callers waiting for too long anyway.
    private static final double RUN_SHARE_MAX = 0.05;
    private static final double GRID_SHARE = 0.6;
    private static final double QUICK_SHARE = 0.05;
    private static final int ROUNDS_MAX = 12;
    /// In the first rounds, and later: who is below this share of the best is out.
    private static final double CONTESTED_FIRST = 0.7;
    private static final double CONTESTED = 0.88;
    private static final double GAIN_MIN = 1.02;

    private final long budgetNanos;
    private final Clocks clocks;

    public Tuner(TuningSettings settings, Clocks clocks) {
        this.budgetNanos = settings.budget().toNanos();
        this.clocks = clocks;
    }

    /// @param nanos elapsed time
    /// @param threadCpuNanos CPU time of the thread that asks
    public record Clocks(LongSupplier nanos, LongSupplier threadCpuNanos) {}

    /// What is measured.
    ///
    /// @param root as the engine loaded it with `intraOpThreads`
    /// @param probed `root` as the task wraps it, warm
    /// @param samples prepared inputs that ran: at least one
    /// @param copies loads the version once more
    public record Subject(
            Manifest manifest,
            Device device,
            Task task,
            int intraOpThreads,
            LoadedModel root,
            LoadedModel probed,
            List<Task.Prepared> samples,
            Copies copies) {
        public Subject {
            samples = List.copyOf(samples);
        }
    }

    /// Further copies of the version in memory.
    @FunctionalInterface
    public interface Copies {
        /// Empty when there is no room for one.
        Optional<Copy> load(int intraOpThreads) throws LoadException;
    }

    /// @param adapted `root` as the task wraps it
    /// @param release gives back all that the copy holds
    public record Copy(LoadedModel root, LoadedModel adapted, Runnable release) implements AutoCloseable {
        @Override
        public void close() {
            release.run();
        }
    }

    /// One point and what its slices took.
    private static final class Candidate {
        private final Setting setting;
        private final int rows;
        private final int units;
        private final List<LoadedModel> instances;
        private final List<Tensor> inputs;
        /// Milliseconds of a run, of each slice.
        private final List<Double> slices = new ArrayList<>();

        Candidate(Setting setting, int rows, int units, List<LoadedModel> instances, List<Tensor> inputs) {
            this.setting = setting;
            this.rows = rows;
            this.units = units;
            this.instances = instances;
            this.inputs = inputs;
        }

        /// The median: all contested candidates see the same moods of the machine, and the quickest slice would
        /// favour short ones, of which more fit into a good moment.
        double millis() {
            var sorted = slices.stream().sorted().toList();
            return sorted.isEmpty() ? SLICE_MILLIS : sorted.get((sorted.size() - 1) / 2);
        }

        Point point() {
            return new Point(setting, rows, units, millis());
        }
    }

    /// Empty when nothing could be measured, or nothing was to be.
    public Optional<Tuning> tune(Subject subject) {
        if (budgetNanos == 0) {
            return Optional.empty();
        }
        try (var crew = new Crew(subject, clocks)) {
            return new Run(subject, crew, clocks.nanos().getAsLong()).tune();
        }
    }

    private final class Run {
        private final Subject subject;
        private final Crew crew;
        private final long start;
        private final List<Task.Prepared> typical;
        private final int unitsPerRow;
        private final int rowsMax;
        private final Map<Integer, List<Tensor>> inputs = new HashMap<>();
        private final List<Candidate> candidates = new ArrayList<>();
        /// False for what runs on a GPU or in another process.
        private final boolean runsOnCaller;
        private final boolean isLatency;
        private boolean isQuick;

        Run(Subject subject, Crew crew, long start) {
            this.subject = subject;
            this.crew = crew;
            this.start = start;
            this.isLatency = subject.manifest().profile().equals("latency");
            this.runsOnCaller = subject.device().kind() == Device.Kind.CPU
                    && !subject.probed().runsElsewhere();
            this.typical = JoinedRows.typical(subject.samples());
            this.unitsPerRow = typical.getFirst().unitsPerRow();
            this.rowsMax = subject.probed().signature().batchable()
                            && typical.getFirst().rows() >= 1
                    ? subject.manifest().batching().rowsMax()
                    : 1;
        }

        Optional<Tuning> tune() {
            var grid = new TuningGrid(
                    subject.device().cores(),
                    subject.manifest().intraOpThreads(),
                    subject.manifest().instances(),
                    rowsMax);
            for (var setting : grid.settings()) {
                if (!isQuick || candidates.isEmpty()) {
                    var ladder = ladder(setting);
                    climb(setting, sizes(ladder, grid.rows()), ladder.isEmpty());
                }
            }
            if (candidates.isEmpty()) {
                return Optional.empty();
            }
            rounds();
            var points = candidates.stream().map(Candidate::point).toList();
            var choice = TuningPolicy.choose(points, isLatency, rowsMax);
            log.debug("event=tuned choice={} points={}", choice, points);
            var fitted = new ArrayList<>(TuningPolicy.ladder(points, choice.setting()));
            fitted.addAll(otherLengths(choice.setting()));
            var line = CostLine.fit(fitted);
            return Optional.of(new Tuning(
                    subject.device().deviceClass(),
                    choice.setting().intraOpThreads(),
                    choice.setting().instances(),
                    choice.rowsMax(),
                    line.millisPerUnit(),
                    line.millisPerCall()));
        }

        /// What was measured with as many threads a run.
        private List<Point> ladder(Setting setting) {
            return candidates.stream()
                    .map(Candidate::point)
                    .filter(point -> point.setting().intraOpThreads() == setting.intraOpThreads())
                    .toList();
        }

        /// More instances of the same session have their best batch where one has it, so that it is compared with
        /// lone calls alone.
        private static List<Integer> sizes(List<Point> ladder, List<Integer> all) {
            return ladder.isEmpty()
                    ? all
                    : all.stream()
                            .filter(rows -> rows == 1
                                    || rows == TuningPolicy.smallestGood(ladder).rows())
                            .toList();
        }

        /// Two slices of each batch size, from small to large, until more rows gain nothing, take too long or
        /// fail. `isFirst`: no size is known to be short enough.
        private void climb(Setting setting, List<Integer> sizes, boolean isFirst) {
            var instances = crew.instances(setting);
            double best = 0;
            double millisPerRow = 0;
            int flat = 0;
            for (int rows : sizes) {
                var tooLong = (isFirst && millisPerRow * rows > RUN_SHARE_MAX * budgetNanos / 1e6)
                        || JoinedRows.bytes(typical.getFirst(), rows)
                                > subject.manifest().batching().bytesMax();
                if (instances.isEmpty() || flat == 2 || (rows > 1 && (tooLong || spent() > GRID_SHARE))) {
                    return;
                }
                var candidate = new Candidate(setting, rows, rows * unitsPerRow, instances, inputs(rows));
                try {
                    // The first run of a shape makes room for it: the second is quicker.
                    slice(candidate);
                    candidate.slices.clear();
                    slice(candidate);
                } catch (ProblemException e) {
                    // Fewer rows have run: this many are not for this model.
                    return;
                }
                candidates.add(candidate);
                millisPerRow = candidate.millis() / rows;
                double rate = candidate.point().rowsPerSecond();
                flat = rate < best * GAIN_MIN ? flat + 1 : 0;
                best = Math.max(best, rate);
                isQuick |= rows == 1 && candidate.millis() < QUICK_MILLIS;
            }
        }

        private void rounds() {
            double until = isQuick ? QUICK_SHARE : 1;
            for (int round = 0; round < ROUNDS_MAX; round++) {
                double best = candidates.stream().mapToDouble(this::worth).max().orElseThrow();
                double enough = best * (round < 2 ? CONTESTED_FIRST : CONTESTED);
                var contested = candidates.stream()
                        .filter(candidate -> candidate.rows == 1 || worth(candidate) >= enough)
                        .toList();
                for (var candidate : contested) {
                    if (spent() >= until) {
                        return;
                    }
                    slice(candidate);
                }
            }
        }

        private double worth(Candidate candidate) {
            double rate = candidate.point().rowsPerSecond();
            return isLatency ? rate : TuningPolicy.worth(candidate.setting, rate);
        }

        /// Lone calls of the shortest and the longest sample, where texts differ in length: the line is to hold
        /// for both.
        private List<Point> otherLengths(Setting setting) {
            var points = new ArrayList<Point>();
            var byUnits = Comparator.comparingInt(Task.Prepared::unitsPerRow);
            for (var sample : List.of(
                    subject.samples().stream().min(byUnits).orElseThrow(),
                    subject.samples().stream().max(byUnits).orElseThrow())) {
                int units = sample.unitsPerRow();
                if (units != unitsPerRow) {
                    var candidate = new Candidate(
                            setting, 1, units, crew.instances(setting), JoinedRows.of(List.of(sample), 1));
                    for (int i = 0; i < 4; i++) {
                        slice(candidate);
                    }
                    points.add(candidate.point());
                }
            }
            return points;
        }

        private void slice(Candidate candidate) {
            int runs = (int) Math.clamp(Math.ceil(SLICE_MILLIS / candidate.millis()), 1, SLICE_RUNS_MAX);
            var took = crew.run(candidate.instances, candidate.inputs, runs);
            double millis = runsOnCaller && !isLatency && candidate.setting.intraOpThreads() == 1
                    ? took.cpuMillis()
                    : took.millis();
            candidate.slices.add(millis);
        }

        /// The rows of a model that takes no batches are what a sample holds.
        private List<Tensor> inputs(int rows) {
            return rowsMax == 1 && !subject.probed().signature().batchable()
                    ? typical.getFirst().inputs()
                    : inputs.computeIfAbsent(rows, _ -> JoinedRows.of(typical, rows));
        }

        private double spent() {
            return (clocks.nanos().getAsLong() - start) / (double) budgetNanos;
        }
    }

    /// A setting that is sensible everywhere, for a version that was not measured on this device: the most
    /// answers for the CPU time, or all cores for one run where the package asks for the least delay.
    ///
    /// @param line what a load found of the version's cost
    public static Tuning byDefault(
            Manifest manifest, Device device, boolean isBatchable, int unitsPerRow, CostLine line) {
        int cores = Math.max(1, device.cores());
        int threads = intraOpThreads(manifest, device);
        int instances = manifest.instances() > 0 ? manifest.instances() : threads > 1 ? 1 : cores;
        int rowsMax =
                isBatchable ? line.rowsThatPay(unitsPerRow, manifest.batching().rowsMax()) : 1;
        return new Tuning(
                device.deviceClass(), threads, instances, rowsMax, line.millisPerUnit(), line.millisPerCall());
    }

    /// Threads of one run of a version that was not measured on this device.
    public static int intraOpThreads(Manifest manifest, Device device) {
        if (manifest.intraOpThreads() > 0) {
            return manifest.intraOpThreads();
        }
        return manifest.profile().equals("latency") ? Math.max(1, device.cores()) : 1;
    }

    /// Of two devices' best: the one with the quicker lone call, or with more rows a second.
    public static Tuning faster(Tuning one, Tuning other, String profile, int unitsPerRow) {
        return speed(one, profile, unitsPerRow) >= speed(other, profile, unitsPerRow) ? one : other;
    }

    private static double speed(Tuning tuning, String profile, int unitsPerRow) {
        var line = new CostLine(tuning.millisPerUnit(), tuning.millisPerCall());
        return profile.equals("latency")
                ? 1 / line.millis(unitsPerRow)
                : tuning.instances() * tuning.rowsMax() / line.millis((double) unitsPerRow * tuning.rowsMax());
    }

    /// What is pinned stays pinned, whatever was measured before.
    public static Tuning pinned(Manifest manifest, Tuning tuning) {
        return new Tuning(
                tuning.deviceClass(),
                manifest.intraOpThreads() > 0 ? manifest.intraOpThreads() : tuning.intraOpThreads(),
                manifest.instances() > 0 ? manifest.instances() : tuning.instances(),
                Math.min(manifest.batching().rowsMax(), tuning.rowsMax()),
                tuning.millisPerUnit(),
                tuning.millisPerCall());
    }
}
