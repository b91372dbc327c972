package io.presage.worker.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The queue and the pool with real threads.
@Timeout(60)
class VersionQueueTest {
    private final ConcurrentLinkedQueue<Thread> threads = new ConcurrentLinkedQueue<>();
    private final RunPool pool = new RunPool(4, Duration.ZERO, this::thread, System::nanoTime);
    private final List<VersionQueue> queues = new ArrayList<>();

    @AfterEach
    void close() {
        queues.forEach(VersionQueue::close);
        pool.close();
    }

    private Thread thread(Runnable work) {
        var thread = Thread.ofPlatform().daemon(true).unstarted(work);
        threads.add(thread);
        return thread;
    }

    private VersionQueue queue(Lanes lanes, int queueRowsMax, long windowNanos) {
        var queue = new VersionQueue(
                "model/1",
                lanes,
                new BatchLimits(4, 4096, 1 << 20, queueRowsMax, 1 << 20, windowNanos),
                new CostLine.Line(0, 0),
                (_, _, _, _) -> {},
                pool,
                System::nanoTime);
        queues.add(queue);
        return queue;
    }

    /// Echoes, when it is let; fails for 13, badly for 113.
    private static final class Model implements LoadedModel {
        final AtomicInteger runs = new AtomicInteger();
        final AtomicInteger closes = new AtomicInteger();
        final CountDownLatch began;
        final CountDownLatch mayEnd;
        private final AtomicBoolean isRunning = new AtomicBoolean();

        Model() {
            this(new CountDownLatch(0), new CountDownLatch(0));
        }

        Model(CountDownLatch began, CountDownLatch mayEnd) {
            this.began = began;
            this.mayEnd = mayEnd;
        }

        static Model held() {
            return new Model(new CountDownLatch(1), new CountDownLatch(1));
        }

        @Override
        public Signature signature() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Tensor> run(List<Tensor> inputs) {
            if (!isRunning.compareAndSet(false, true)) {
                throw new IllegalStateException("two threads at once");
            }
            began.countDown();
            try {
                mayEnd.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            runs.incrementAndGet();
            isRunning.set(false);
            var data = ((Tensor.Fixed) inputs.getFirst()).data();
            for (int at = 0; at < data.limit(); at += 4) {
                if (data.getInt(at) == 13) {
                    throw new ProblemException(Problem.INVALID_INPUT, "thirteen");
                }
                if (data.getInt(at) == 113) {
                    throw new NoClassDefFoundError("a hundred and thirteen");
                }
            }
            return inputs;
        }

        @Override
        public long memoryBytes() {
            return 0;
        }

        @Override
        public void close() {
            closes.incrementAndGet();
        }
    }

    private static final class Answer implements BatchCall.Answer {
        final CompletableFuture<Integer> future = new CompletableFuture<>();
        final AtomicInteger times = new AtomicInteger();
        volatile boolean isAbandoned;

        @Override
        public void outputs(List<Tensor> outputs, BatchCall.Timing timing) {
            times.incrementAndGet();
            future.complete(((Tensor.Fixed) outputs.getFirst()).data().getInt(0));
        }

        @Override
        public void failed(ProblemException problem) {
            times.incrementAndGet();
            future.completeExceptionally(problem);
        }

        @Override
        public boolean isAbandoned() {
            return isAbandoned;
        }

        Problem problem() throws InterruptedException {
            try {
                throw new AssertionError("answered " + future.get());
            } catch (ExecutionException e) {
                return ((ProblemException) Objects.requireNonNull(e.getCause())).problem();
            }
        }
    }

    private static Answer submit(VersionQueue queue, int value, Priority priority) {
        var answer = new Answer();
        submit(queue, value, priority, answer);
        return answer;
    }

    private static void submit(VersionQueue queue, int value, Priority priority, Answer answer) {
        var data = TensorAllocator.HEAP.allocate(4).putInt(0, value);
        var input = new Tensor.Fixed("x", DataType.INT32, Shape.of(1, 1), data);
        long now = System.nanoTime();
        queue.submit(new BatchCall(
                new Task.Prepared(List.of(input), 1, 0, "none"), 4, priority, now, now + 60_000_000_000L, answer));
    }

    private static Answer submit(VersionQueue queue, int value) {
        return submit(queue, value, Priority.NORMAL);
    }

    private static Lanes lanes(Model first, int max, Supplier<Model> another) {
        return new Lanes(List.of(first), max, () -> Optional.of(another.get()));
    }

    @Test
    void call_isAnswered_andNoThreadIsLeft() throws Exception {
        var queue = queue(Lanes.of(new Model()), 16, 0);
        assertThat(threads).isEmpty();
        assertThat(submit(queue, 5).future.get()).isEqualTo(5);
        for (var thread : threads) {
            thread.join();
        }
        assertThat(pool.threads()).isZero();
        assertThat(submit(queue, 6).future.get()).isEqualTo(6);
        assertThat(threads).hasSize(2);
    }

    @Test
    void window_withoutCompany_ends() throws Exception {
        var queue = queue(Lanes.of(new Model()), 16, 1_000_000);
        assertThat(submit(queue, 5).future.get()).isEqualTo(5);
    }

    @Test
    void lanes_areMadeWhenTheOthersAreBusy() throws Exception {
        var both = new CountDownLatch(2);
        var mayEnd = new CountDownLatch(1);
        var made = new AtomicInteger();
        var queue = queue(
                lanes(new Model(both, mayEnd), 3, () -> {
                    made.incrementAndGet();
                    return new Model(both, mayEnd);
                }),
                16,
                0);
        assertThat(made).hasValue(0);
        var first = submit(queue, 1);
        var second = submit(queue, 2);
        both.await();
        mayEnd.countDown();
        assertThat(first.future.get()).isEqualTo(1);
        assertThat(second.future.get()).isEqualTo(2);
        assertThat(made.get()).isBetween(1, 2);
    }

    @Test
    void lanes_thatCannotBeMade_areDoneWithout() throws Exception {
        var model = Model.held();
        var asked = new CountDownLatch(1);
        var queue = queue(
                new Lanes(List.of(model), 4, () -> {
                    asked.countDown();
                    return Optional.empty();
                }),
                16,
                0);
        var first = submit(queue, 1);
        model.began.await();
        var second = submit(queue, 2);
        asked.await();
        model.mayEnd.countDown();
        assertThat(first.future.get()).isEqualTo(1);
        assertThat(second.future.get()).isEqualTo(2);
    }

    @Test
    void laneThatFailsToBeMade_isDoneWithout() throws Exception {
        var model = Model.held();
        var asked = new CountDownLatch(1);
        var queue = queue(
                new Lanes(List.of(model), 4, () -> {
                    asked.countDown();
                    throw new IllegalStateException("no memory");
                }),
                16,
                0);
        var first = submit(queue, 1);
        model.began.await();
        var second = submit(queue, 2);
        asked.await();
        model.mayEnd.countDown();
        assertThat(first.future.get()).isEqualTo(1);
        assertThat(second.future.get()).isEqualTo(2);
    }

    @Test
    void fullQueue_refusesAtOnce_andHigherPrioritiesDisplaceLower() throws Exception {
        var model = Model.held();
        var queue = queue(Lanes.of(model), 4, 0);
        submit(queue, 0);
        model.began.await();
        var waiting = new ArrayList<Answer>();
        for (int i = 1; i <= 4; i++) {
            waiting.add(submit(queue, i));
        }
        assertThat(submit(queue, 5).problem()).isEqualTo(Problem.QUEUE_FULL);
        assertThat(submit(queue, 5, Priority.LOW).problem()).isEqualTo(Problem.QUEUE_FULL);
        var high = submit(queue, 6, Priority.HIGH);
        assertThat(waiting.removeLast().problem()).isEqualTo(Problem.QUEUE_FULL);
        model.mayEnd.countDown();
        assertThat(high.future.get()).isEqualTo(6);
        for (var answer : waiting) {
            answer.future.get();
        }
    }

    @Test
    void partOfTheQueue_isEveryPrioritysOwn() throws Exception {
        var model = Model.held();
        var queue = queue(Lanes.of(model), 16, 0);
        submit(queue, 0);
        model.began.await();
        var high = new ArrayList<Answer>();
        for (int i = 1; i <= 16; i++) {
            high.add(submit(queue, i, Priority.HIGH));
        }
        var low = List.of(
                submit(queue, 21, Priority.LOW), submit(queue, 22, Priority.LOW), submit(queue, 23, Priority.LOW));
        assertThat(low.getLast().problem()).isEqualTo(Problem.QUEUE_FULL);
        assertThat(high.getLast().problem()).isEqualTo(Problem.QUEUE_FULL);
        assertThat(high.get(14).problem()).isEqualTo(Problem.QUEUE_FULL);
        submit(queue, 24, Priority.HIGH).problem();
        model.mayEnd.countDown();
        assertThat(low.getFirst().future.get()).isEqualTo(21);
        assertThat(low.get(1).future.get()).isEqualTo(22);
        assertThat(high.get(13).future.get()).isEqualTo(14);
    }

    @Test
    void abandonedCall_isNotRun() throws Exception {
        var model = Model.held();
        var queue = queue(Lanes.of(model), 16, 0);
        var first = submit(queue, 0);
        model.began.await();
        var gone = submit(queue, 1);
        gone.isAbandoned = true;
        model.mayEnd.countDown();
        first.future.get();
        assertThat(gone.problem()).isEqualTo(Problem.DEADLINE_EXCEEDED);
        assertThat(model.runs).hasValue(1);
    }

    @Test
    void error_isAnswered_andTheVersionGoesOn() throws Exception {
        var queue = queue(Lanes.of(new Model()), 16, 0);
        assertThat(submit(queue, 113).problem()).isEqualTo(Problem.ENGINE_FAILED);
        assertThat(submit(queue, 14).future.get()).isEqualTo(14);
    }

    @Test
    void close_runsWhatWaits_thenClosesTheInstances() throws Exception {
        var model = Model.held();
        var queue = queue(Lanes.of(model), 16, BatchLimits.LEARNED);
        var answers = new ArrayList<Answer>();
        answers.add(submit(queue, 0));
        model.began.await();
        for (int i = 1; i < 8; i++) {
            answers.add(submit(queue, i));
        }
        queue.close(1);
        assertThat(submit(queue, 9).problem()).isEqualTo(Problem.VERSION_NOT_READY);
        assertThat(model.closes).hasValue(0);
        model.mayEnd.countDown();
        for (int i = 0; i < 8; i++) {
            assertThat(answers.get(i).future.get()).isEqualTo(i);
        }
        queue.close();
        queue.close();
        assertThat(model.closes).hasValue(1);
    }

    @Test
    void close_ofAQueueThatWaitsForCompany_runsAtOnce() throws Exception {
        var model = new Model();
        var queue = queue(Lanes.of(model), 16, 3_600_000_000_000L);
        var answer = submit(queue, 3);
        queue.close();
        assertThat(answer.future.get()).isEqualTo(3);
        assertThat(model.closes).hasValue(1);
    }

    @Test
    void closeOfAnIdleQueue_closesAtOnce() {
        var model = new Model();
        queue(Lanes.of(model), 16, 0).close();
        assertThat(model.closes).hasValue(1);
        assertThat(threads).isEmpty();
    }

    /// Several versions, windows, priorities, bad rows, callers that leave, and queues that close meanwhile.
    @Test
    void everyCall_isAnsweredExactlyOnce() throws Exception {
        long seed = 20261122;
        var models = new ConcurrentLinkedQueue<Model>();
        var all = new ArrayList<VersionQueue>();
        for (long window : new long[] {0, BatchLimits.LEARNED, 50_000}) {
            Supplier<Model> another = () -> {
                var model = new Model();
                models.add(model);
                return model;
            };
            all.add(queue(lanes(another.get(), 3, another), 64, window));
        }
        var answers = new ConcurrentLinkedQueue<Answer>();
        var callers = new ArrayList<Thread>();
        for (int caller = 0; caller < 4; caller++) {
            var random = new Random(seed + caller);
            callers.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 5000; i++) {
                    var answer = new Answer();
                    answers.add(answer);
                    answer.isAbandoned = random.nextInt(50) == 0;
                    submit(
                            all.get(random.nextInt(3)),
                            random.nextInt(100),
                            Priority.values()[random.nextInt(3)],
                            answer);
                    if (random.nextInt(4) > 0) {
                        answer.future.handle((_, _) -> 0).join();
                    }
                }
            }));
        }
        for (var caller : callers) {
            caller.join();
        }
        queues.forEach(VersionQueue::close);
        assertThat(answers).as("seed " + seed).hasSize(20_000).allMatch(answer -> answer.times.get() == 1);
        assertThat(models).as("seed " + seed).allMatch(model -> model.closes.get() == 1);
    }
}
