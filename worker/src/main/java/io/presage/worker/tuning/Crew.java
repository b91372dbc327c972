package io.presage.worker.tuning;

import io.presage.contract.infer.Tensor;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// The instances that a tuning runs, and the threads that run them side by side. Made on demand, all closed
/// with the crew but the one that came with the subject. For one loader thread.
final class Crew implements AutoCloseable {
    private final Tuner.Subject subject;
    private final Tuner.Clocks clocks;
    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().name("tuning-", 0).daemon(true).factory());
    private final Map<Integer, List<LoadedModel>> byThreads = new HashMap<>();
    private final Map<Integer, LoadedModel> roots = new HashMap<>();
    private final Deque<Runnable> made = new ArrayDeque<>();

    Crew(Tuner.Subject subject, Tuner.Clocks clocks) {
        this.subject = subject;
        this.clocks = clocks;
        byThreads.put(subject.intraOpThreads(), new ArrayList<>(List.of(subject.probed())));
        roots.put(subject.intraOpThreads(), subject.root());
    }

    /// As many as the setting says; none when they cannot be had (no room, or the runtime cannot share).
    List<LoadedModel> instances(Setting setting) {
        try {
            var instances = byThreads.get(setting.intraOpThreads());
            if (instances == null) {
                var copy = subject.copies().load(setting.intraOpThreads());
                if (copy.isEmpty()) {
                    return List.of();
                }
                made.push(copy.get()::close);
                roots.put(setting.intraOpThreads(), copy.get().root());
                instances = new ArrayList<>(List.of(copy.get().adapted()));
                byThreads.put(setting.intraOpThreads(), instances);
            }
            while (instances.size() < setting.instances()) {
                var more = another(setting.intraOpThreads());
                if (more == null) {
                    return List.of();
                }
                instances.add(more);
            }
            return List.copyOf(instances.subList(0, setting.instances()));
        } catch (LoadException e) {
            // What cannot be loaded cannot be the best.
            return List.of();
        }
    }

    private @Nullable LoadedModel another(int intraOpThreads) throws LoadException {
        var root = roots.get(intraOpThreads);
        var shared = root == null ? Optional.<LoadedModel>empty() : root.share();
        if (shared.isPresent()) {
            var adapted = subject.task().adapt(shared.get());
            made.push(adapted::close);
            return adapted;
        }
        var copy = subject.copies().load(intraOpThreads);
        if (copy.isEmpty()) {
            return null;
        }
        made.push(copy.get()::close);
        return copy.get().adapted();
    }

    /// What one run took while every instance ran.
    ///
    /// @param millis elapsed
    /// @param cpuMillis of the calling threads
    record Took(double millis, double cpuMillis) {}

    /// Every instance runs the same `runs` times, all at once.
    Took run(List<LoadedModel> instances, List<Tensor> inputs, int runs) {
        if (instances.size() == 1) {
            return times(instances.getFirst(), inputs, runs).took(runs);
        }
        var gate = new CyclicBarrier(instances.size());
        var all = new ArrayList<Future<Times>>();
        for (var instance : instances) {
            all.add(threads.submit(() -> {
                await(gate);
                return times(instance, inputs, runs);
            }));
        }
        var together = new Times(Long.MAX_VALUE, Long.MIN_VALUE, 0);
        RuntimeException failure = null;
        for (var one : all) {
            try {
                together = together.with(one.get());
            } catch (ExecutionException e) {
                failure = e.getCause() instanceof RuntimeException problem ? problem : new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                failure = new IllegalStateException("interrupted while measuring", e);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return new Times(together.start, together.end, together.cpu / instances.size()).took(runs);
    }

    private record Times(long start, long end, long cpu) {
        Times with(Times other) {
            return new Times(Math.min(start, other.start), Math.max(end, other.end), cpu + other.cpu);
        }

        Took took(int runs) {
            return new Took((end - start) / 1e6 / runs, cpu / 1e6 / runs);
        }
    }

    private Times times(LoadedModel instance, List<Tensor> inputs, int runs) {
        long start = clocks.nanos().getAsLong();
        long cpu = clocks.threadCpuNanos().getAsLong();
        for (int i = 0; i < runs; i++) {
            instance.run(inputs);
        }
        return new Times(
                start, clocks.nanos().getAsLong(), clocks.threadCpuNanos().getAsLong() - cpu);
    }

    private static void await(CyclicBarrier gate) throws InterruptedException {
        try {
            gate.await();
        } catch (BrokenBarrierException e) {
            throw new IllegalStateException("interrupted while measuring", e);
        }
    }

    @Override
    public void close() {
        // A run that has begun ends before its instance goes.
        threads.shutdownNow();
        threads.close();
        made.forEach(Runnable::run);
    }
}
