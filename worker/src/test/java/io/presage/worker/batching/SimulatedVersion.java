package io.presage.worker.batching;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/// One version of a [Simulation] and everybody who calls it.
final class SimulatedVersion {
    private static final long MICRO = Simulation.MICRO;

    /// What is simulated.
    ///
    /// @param microsPerUnit a: of a row, or a token for calls with a length
    /// @param microsPerRun b
    /// @param prior what the worker believes at first
    record Setup(
            String name,
            BatchLimits limits,
            int lanes,
            double microsPerUnit,
            double microsPerRun,
            CostLine.Line prior) {
        static Setup of(BatchLimits limits, int lanes, double microsPerUnit, double microsPerRun) {
            return new Setup("model", limits, lanes, microsPerUnit, microsPerRun, line(microsPerUnit, microsPerRun));
        }

        static CostLine.Line line(double microsPerUnit, double microsPerRun) {
            return new CostLine.Line(microsPerUnit * MICRO, microsPerRun * MICRO);
        }

        Setup named(String other) {
            return new Setup(other, limits, lanes, microsPerUnit, microsPerRun, prior);
        }

        Setup believing(double perUnit, double perRun) {
            return new Setup(name, limits, lanes, microsPerUnit, microsPerRun, line(perUnit, perRun));
        }
    }

    /// One call. `length` 0: its rows are not padded; `group` beside 0: of another width.
    record Call(int rows, int length, int group, Priority priority, long timeoutMicros, boolean isBad) {
        static final Call ONE = new Call(1, 0, 1, Priority.NORMAL, 60_000_000, false);

        Call withRows(int other) {
            return new Call(other, length, group, priority, timeoutMicros, isBad);
        }

        Call withLength(int other) {
            return new Call(rows, other, group, priority, timeoutMicros, isBad);
        }

        Call withGroup(int other) {
            return new Call(rows, length, other, priority, timeoutMicros, isBad);
        }

        Call withPriority(Priority other) {
            return new Call(rows, length, group, other, timeoutMicros, isBad);
        }

        Call withTimeout(long otherMicros) {
            return new Call(rows, length, group, priority, otherMicros, isBad);
        }

        Call bad() {
            return new Call(rows, length, group, priority, timeoutMicros, true);
        }
    }

    private final Simulation simulation;
    private final Setup setup;
    private final TurnList.@Nullable Seat firstCome;
    private final FirstComeQueue baseline;
    private final VersionQueue queue;
    private final TreeMap<Integer, String> outcomes = new TreeMap<>();
    private final List<Answered> answered = new ArrayList<>();
    private final TreeMap<String, Integer> failures = new TreeMap<>();
    private boolean listsCalls;
    private int calls;
    private int runs;
    private long rowsRun;
    private long tokens;
    private long padding;
    private long lastNanos;

    private record Answered(Priority priority, long arrivalNanos, long queueNanos, long totalNanos) {}

    SimulatedVersion(Simulation simulation, Setup setup) {
        this(simulation, setup, false);
    }

    /// `isFirstCome`: without our policy, batches as they come, padded to the longest.
    SimulatedVersion(Simulation simulation, Setup setup, boolean isFirstCome) {
        this.simulation = simulation;
        this.setup = setup;
        var instances = new ArrayList<LoadedModel>();
        for (int i = 0; i < setup.lanes; i++) {
            instances.add(new Model());
        }
        var lanes = new Lanes(instances, setup.lanes, Optional::empty);
        this.queue = new VersionQueue(
                setup.name, lanes, setup.limits, setup.prior, this::ran, (RunTurns) simulation, simulation::nowNanos);
        this.baseline =
                new FirstComeQueue(new ArrayList<>(instances), setup.limits.rowsMax(), this::ran, simulation::nowNanos);
        this.firstCome = isFirstCome ? new TurnList.Seat(baseline) : null;
        simulation.version(this);
    }

    SimulatedVersion listingCalls() {
        listsCalls = true;
        return this;
    }

    SimulatedVersion arrive(long micros, Call call) {
        simulation.at(micros * MICRO, () -> submit(call, null));
        return this;
    }

    /// `callers`, each of which sends its next call `thinkMicros` after the answer, until `untilMicros`.
    SimulatedVersion callers(int callers, int thinkMicros, long untilMicros, Call call, IntSupplier length) {
        return callers(callers, () -> thinkMicros, untilMicros, call, length);
    }

    SimulatedVersion callers(int callers, IntSupplier thinkMicros, long untilMicros, Call call, IntSupplier length) {
        for (int i = 0; i < callers; i++) {
            simulation.at(i * MICRO, () -> ask(thinkMicros, untilMicros, call, length));
        }
        return this;
    }

    private void ask(IntSupplier thinkMicros, long untilMicros, Call call, IntSupplier length) {
        if (simulation.nowNanos() < untilMicros * MICRO) {
            submit(
                    call.withLength(length.getAsInt()),
                    () -> simulation.at(
                            simulation.nowNanos() + thinkMicros.getAsInt() * MICRO,
                            () -> ask(thinkMicros, untilMicros, call, length)));
        }
    }

    /// `perSecond` calls from callers that do not wait for each other, until `untilMicros`.
    SimulatedVersion arrivals(double perSecond, long untilMicros, Call call, Random random) {
        for (double at = 0; at < untilMicros; at -= StrictMath.log(1 - random.nextDouble()) * 1e6 / perSecond) {
            arrive((long) at, call);
        }
        return this;
    }

    private void submit(Call call, @Nullable Runnable then) {
        int id = ++calls;
        int width = Math.max(call.group, call.length);
        var data = TensorAllocator.HEAP.allocate(call.rows * width * 4);
        for (int row = 0; row < call.rows; row++) {
            data.putInt(row * width * 4, call.isBad ? -1 : id);
        }
        var input = new Tensor.Fixed("x", DataType.INT32, Shape.of(call.rows, width), data);
        var prepared = new Task.Prepared(
                List.of(input),
                call.rows,
                call.length > 0 ? 0 : call.group,
                call.length,
                (long) call.rows * call.length,
                "none");
        long now = simulation.nowNanos();
        var submitted = new BatchCall(
                prepared,
                data.capacity(),
                call.priority,
                now,
                now + call.timeoutMicros * MICRO,
                new Answer(id, call, now, then));
        if (firstCome == null) {
            queue.submit(submitted);
        } else if (baseline.submit(submitted)) {
            simulation.ask(firstCome);
        }
    }

    private void ran(int rows, long tokensRun, long paddingRun, long computeNanos) {
        runs++;
        rowsRun += rows;
        tokens += tokensRun;
        padding += paddingRun;
        lastNanos = simulation.nowNanos();
        if (computeNanos < 0) {
            throw new AssertionError("a run took " + computeNanos);
        }
    }

    double answeredPerSecond() {
        return answered.size() * 1e9 / lastNanos;
    }

    long quantileMicros(double share) {
        return quantile(answered.stream().mapToLong(Answered::totalNanos).toArray(), share);
    }

    private static long quantile(long[] values, double share) {
        Arrays.sort(values);
        return values.length == 0
                ? 0
                : values[(int) Math.min(values.length - 1L, (long) (values.length * share))] / MICRO;
    }

    long longestQueueMicros() {
        return quantile(answered.stream().mapToLong(Answered::queueNanos).toArray(), 1);
    }

    double rowsOfARun() {
        return (double) rowsRun / runs;
    }

    void summarise(Simulation to) {
        if (listsCalls) {
            outcomes.forEach((call, outcome) -> to.line("call %d: %s", call, outcome));
        }
        to.line(
                "%s: %d calls, %d answered%s; %.1f/s, %.2f rows a run%s",
                setup.name,
                calls,
                answered.size(),
                failures.isEmpty() ? "" : ", " + failures,
                answeredPerSecond(),
                rowsOfARun(),
                tokens == 0
                        ? ""
                        : String.format(Locale.ROOT, ", %.1f %% padding", 100.0 * padding / (tokens + padding)));
        for (var priority : Priority.values()) {
            var totals = answered.stream()
                    .filter(call -> call.priority == priority)
                    .mapToLong(Answered::totalNanos)
                    .toArray();
            if (totals.length > 0) {
                to.line(
                        "  %s: %d answered, p50 %dus, p99 %dus, longest %dus",
                        priority.name().toLowerCase(Locale.ROOT),
                        totals.length,
                        quantile(totals, 0.5),
                        quantile(totals, 0.99),
                        quantile(totals, 1));
            }
        }
        if (firstCome == null) {
            to.line(
                    "  learned: %.1fus a unit, %.1fus a run",
                    queue.cost().nanosPerUnit() / MICRO, queue.cost().nanosPerCall() / MICRO);
        }
    }

    static String describe(List<BatchCall> calls) {
        int rows = 0;
        int length = 0;
        for (var call : calls) {
            rows += call.rows();
            length = Math.max(length, call.length());
        }
        return rows + " rows" + (length == 0 ? "" : " of " + length + " tokens");
    }

    static boolean isBad(List<BatchCall> calls) {
        for (var call : calls) {
            if (((Tensor.Fixed) call.prepared().inputs().getFirst()).data().getInt(0) == -1) {
                return true;
            }
        }
        return false;
    }

    private final class Answer implements BatchCall.Answer {
        private final int id;
        private final Call call;
        private final long arrivalNanos;
        private final @Nullable Runnable then;
        private boolean isAnswered;

        Answer(int id, Call call, long arrivalNanos, @Nullable Runnable then) {
            this.id = id;
            this.call = call;
            this.arrivalNanos = arrivalNanos;
            this.then = then;
        }

        @Override
        public void outputs(List<Tensor> outputs, BatchCall.Timing timing) {
            var output = (Tensor.Fixed) outputs.getFirst();
            int width = (int) output.shape().dim(1);
            // The model echoes: whoever gets somebody else's rows is noticed.
            for (int row = 0; row < call.rows; row++) {
                if (output.data().getInt(row * width * 4) != id
                        || output.shape().dim(0) != call.rows) {
                    throw new AssertionError("call " + id + " got " + output);
                }
            }
            long total = simulation.nowNanos() - arrivalNanos;
            answered.add(new Answered(call.priority, arrivalNanos, timing.queueNanos(), total));
            end("ok, queued " + timing.queueNanos() / MICRO + "us, answered after " + total / MICRO + "us");
        }

        @Override
        public void failed(ProblemException problem) {
            failures.merge(problem.problem().name(), 1, Integer::sum);
            end(problem.problem() + " after " + (simulation.nowNanos() - arrivalNanos) / MICRO + "us");
        }

        private void end(String outcome) {
            if (isAnswered) {
                throw new AssertionError("call " + id + " was answered twice");
            }
            isAnswered = true;
            outcomes.put(id, outcome);
            if (then != null) {
                then.run();
            }
        }
    }

    /// Gives back what it gets; its time is the simulation's matter.
    final class Model implements LoadedModel {
        String name() {
            return setup.name;
        }

        long nanos(List<BatchCall> calls) {
            int rows = 0;
            int length = 1;
            for (var call : calls) {
                rows += call.rows();
                length = Math.max(length, call.length());
            }
            return Math.round(
                    Setup.line(setup.microsPerUnit, setup.microsPerRun).nanos((double) rows * length));
        }

        @Override
        public Signature signature() {
            var spec = new TensorSpec("x", DataType.INT32, Shape.of(-1, -1));
            return new Signature(List.of(spec), List.of(spec), true);
        }

        @Override
        public List<Tensor> run(List<Tensor> inputs) {
            var input = (Tensor.Fixed) inputs.getFirst();
            for (int at = 0; at < input.data().limit(); at += 4) {
                if (input.data().getInt(at) == -1) {
                    throw new ProblemException(Problem.ENGINE_FAILED, "bad row");
                }
            }
            return List.of(input);
        }

        @Override
        public long memoryBytes() {
            return 0;
        }

        @Override
        public void close() {}
    }
}
