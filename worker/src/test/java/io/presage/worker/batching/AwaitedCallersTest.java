package io.presage.worker.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Who wakes a lane that waits for its share: three callers, back 100 after their answers, on one lane.
class AwaitedCallersTest {
    private final Turns turns = new Turns();
    private final BatchAssembly assembly = new BatchAssembly();
    private long now = 1_000_000;
    private final VersionQueue queue = new VersionQueue(
            "model/1",
            Lanes.of(new Model()),
            new BatchLimits(16, 4096, 1 << 20, 256, 1 << 20, BatchLimits.LEARNED),
            new CostLine.Line(1000, 1000),
            (_, _, _, _) -> {},
            turns,
            () -> now);

    /// Given by hand.
    private static final class Turns implements RunTurns {
        final List<Long> wakes = new ArrayList<>();
        int asked;

        @Override
        public void ask(TurnList.Seat seat) {
            asked++;
        }

        @Override
        public boolean hasRoom() {
            return true;
        }

        @Override
        public void wakeAt(TurnList.Seat seat, long wakeNanos) {
            wakes.add(wakeNanos);
        }
    }

    private static final class Model implements LoadedModel {
        @Override
        public Signature signature() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Tensor> run(List<Tensor> inputs) {
            return inputs;
        }

        @Override
        public long memoryBytes() {
            return 0;
        }

        @Override
        public void close() {}
    }

    private void submit(long deadlineNanos) {
        var input = new Tensor.Fixed("x", DataType.INT32, Shape.of(1, 1), TensorAllocator.HEAP.allocate(4));
        queue.submit(new BatchCall(
                new Task.Prepared(List.of(input), 1, 0, 0, 0, "none"),
                4,
                Priority.NORMAL,
                now,
                deadlineNanos,
                new BatchCall.Answer() {
                    @Override
                    public void outputs(List<Tensor> outputs, BatchCall.Timing timing) {}

                    @Override
                    public void failed(ProblemException problem) {
                        throw problem;
                    }
                }));
    }

    private void submit() {
        submit(Long.MAX_VALUE);
    }

    private int runTurn() {
        turns.asked--;
        var turn = queue.begin(TurnList.ASKED);
        if (turn == null) {
            return 0;
        }
        turn.start();
        now += 1000 + 1000L * turn.rows();
        turn.execute(assembly);
        while (turn.start()) {
            turn.execute(assembly);
        }
        if (queue.end(turn)) {
            turns.asked++;
        }
        return turn.rows();
    }

    /// Learns what a run costs and when callers come back, and leaves one of three back and waiting.
    @BeforeEach
    void oneOfThreeIsBack() {
        for (int i = 0; i < 200; i++) {
            now += 100;
            submit();
            submit();
            submit();
            while (turns.asked > 0) {
                runTurn();
            }
        }
        now += 50;
        turns.wakes.clear();
        submit();
        assertThat(runTurn()).isZero();
        assertThat(turns.asked).isZero();
        assertThat(turns.wakes).hasSize(1);
    }

    @Test
    void secondOfThree_wakesNobody_thirdDoes() {
        submit();
        assertThat(turns.asked).isZero();
        submit();
        assertThat(turns.asked).isOne();
        assertThat(runTurn()).isEqualTo(3);
    }

    @Test
    void callThatIsDueBefore_wakesAtOnce() {
        submit(turns.wakes.getFirst());
        assertThat(turns.asked).isOne();
        assertThat(runTurn()).isEqualTo(2);
    }

    @Test
    void nobodyElseCame_runsWhatIsThere() {
        submit();
        now = turns.wakes.getFirst();
        var turn = queue.begin(now);
        assertThat(turn == null ? 0 : turn.rows()).isEqualTo(2);
    }
}
