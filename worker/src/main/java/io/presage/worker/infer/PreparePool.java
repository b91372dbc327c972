package io.presage.worker.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// The threads that decode pictures, tokenize texts and read large bodies: as many as cores, with a bounded
/// queue.
final class PreparePool implements AutoCloseable {
    private final ThreadPoolExecutor executor;

    PreparePool(int threads, int queueMax) {
        this.executor = new ThreadPoolExecutor(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(queueMax),
                Thread.ofPlatform().name("prepare-", 0).daemon(true).factory());
    }

    /// @throws ProblemException QUEUE_FULL
    void execute(Runnable work) {
        try {
            executor.execute(work);
        } catch (RejectedExecutionException e) {
            throw ProblemException.retryAfter(
                    Problem.QUEUE_FULL, executor.getQueue().size() + " calls wait to be prepared (expected: fewer)", 1);
        }
    }

    int waiting() {
        return executor.getQueue().size();
    }

    @Override
    public void close() {
        executor.shutdown();
    }
}
