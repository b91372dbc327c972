package io.presage.worker.batching;

import com.google.errorprone.annotations.FormatMethod;
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
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/// A batcher on a virtual clock: scripted arrivals, a model whose runs take a * rows + b, and a report of what
/// ran when. Nothing sleeps and no thread runs.
final class Simulation {
    private static final long MICRO = 1000;

    private record Arrival(long micros, int call, int rows, int width, long deadlineMicros, boolean isBad) {}

    private final BatchLimits limits;
    private final long microsPerRow;
    private final long microsPerRun;
    private final List<Arrival> arrivals = new ArrayList<>();
    private final TreeMap<Integer, String> outcomes = new TreeMap<>();
    private final StringBuilder report = new StringBuilder();
    private final Batcher batcher;
    private long nowNanos;
    private int next;

    Simulation(BatchLimits limits, long microsPerRow, long microsPerRun) {
        this.limits = limits;
        this.microsPerRow = microsPerRow;
        this.microsPerRun = microsPerRun;
        this.batcher = new Batcher("sim", new Model(), limits, (_, _) -> {}, () -> nowNanos);
    }

    Simulation arrive(long micros, int rows) {
        return arrive(micros, rows, 1, 1_000_000, false);
    }

    Simulation arrive(long micros, int rows, int width, long deadlineMicros, boolean isBad) {
        arrivals.add(new Arrival(micros, arrivals.size(), rows, width, deadlineMicros, isBad));
        return this;
    }

    String run() {
        line(
                "limits rows=%d queue=%d window=%dus, run=%d*rows+%dus",
                limits.rowsMax(), limits.queueRowsMax(), limits.windowNanos() / MICRO, microsPerRow, microsPerRun);
        while (true) {
            submitDue();
            long wakeNanos = batcher.tick();
            if (batcher.queueRows() == 0 && next == arrivals.size()) {
                break;
            }
            if (wakeNanos > nowNanos || batcher.queueRows() == 0) {
                long arrival = next < arrivals.size() ? arrivals.get(next).micros * MICRO : Long.MAX_VALUE;
                nowNanos = Math.max(nowNanos, Math.min(wakeNanos, arrival));
            }
        }
        outcomes.forEach((call, outcome) -> line("call %d: %s", call, outcome));
        return report.toString();
    }

    private void submitDue() {
        while (next < arrivals.size() && arrivals.get(next).micros * MICRO <= nowNanos) {
            submit(arrivals.get(next++));
        }
    }

    private void submit(Arrival arrival) {
        var data = TensorAllocator.HEAP.allocate(arrival.rows * arrival.width * 4);
        data.putInt(0, arrival.isBad ? -1 : arrival.call);
        var input = new Tensor.Fixed("x", DataType.INT32, Shape.of(arrival.rows, arrival.width), data);
        batcher.submit(new BatchCall(
                new Task.Prepared(List.of(input), arrival.rows, arrival.width, "none"),
                data.capacity(),
                arrival.micros * MICRO,
                (arrival.micros + arrival.deadlineMicros) * MICRO,
                new Answer(arrival)));
    }

    @FormatMethod
    private void line(String format, Object... arguments) {
        report.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    private final class Answer implements BatchCall.Answer {
        private final Arrival arrival;

        Answer(Arrival arrival) {
            this.arrival = arrival;
        }

        @Override
        public void outputs(List<Tensor> outputs, BatchCall.Timing timing) {
            var output = (Tensor.Fixed) outputs.getFirst();
            // The model echoes: whoever gets somebody else's rows is noticed.
            if (output.data().getInt(0) != arrival.call || output.shape().dim(0) != arrival.rows) {
                throw new AssertionError("call " + arrival.call + " got " + output);
            }
            outcomes.put(
                    arrival.call,
                    "ok, queued " + timing.queueNanos() / MICRO + "us, answered after "
                            + (nowNanos - arrival.micros * MICRO) / MICRO + "us");
        }

        @Override
        public void failed(ProblemException problem) {
            outcomes.put(
                    arrival.call, problem.problem() + " after " + (nowNanos - arrival.micros * MICRO) / MICRO + "us");
        }
    }

    private final class Model implements LoadedModel {
        @Override
        public Signature signature() {
            var spec = new TensorSpec("x", DataType.INT32, Shape.of(-1, -1));
            return new Signature(List.of(spec), List.of(spec), true);
        }

        @Override
        public List<Tensor> run(List<Tensor> inputs) {
            var input = (Tensor.Fixed) inputs.getFirst();
            int rows = (int) input.shape().dim(0);
            long start = nowNanos;
            long end = nowNanos + (microsPerRow * rows + microsPerRun) * MICRO;
            // Those that come while it runs wait in the queue.
            while (next < arrivals.size() && arrivals.get(next).micros * MICRO <= end) {
                nowNanos = arrivals.get(next).micros * MICRO;
                submit(arrivals.get(next++));
            }
            nowNanos = end;
            var isBad = false;
            for (int at = 0; at < input.data().limit(); at += 4) {
                isBad |= input.data().getInt(at) == -1;
            }
            line("%6dus run %d rows, %dus%s", start / MICRO, rows, (end - start) / MICRO, isBad ? ", fails" : "");
            if (isBad) {
                throw new ProblemException(Problem.ENGINE_FAILED, "bad row");
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
