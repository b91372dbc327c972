package io.presage.worker.versions;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.DesiredState;
import io.presage.contract.state.DesiredState.Assignment;
import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.ArtifactCache;
import io.presage.worker.batching.BatchSettings;
import io.presage.worker.batching.RunPool;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.Devices;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import io.presage.worker.tuning.Tuner;
import io.presage.worker.tuning.TuningSettings;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.stream.Collectors;
import org.springframework.util.unit.DataSize;

/// [Versions] with a fake engine on a virtual clock, everything by one thread. What happens is written down.
///
/// A model of n kB takes n kB, n * 10 microseconds to load, and 2.25 n + 256 kB of room while it does.
final class ResidencySimulation {
    private static final int KILOBYTE = 1000;

    private final StringBuilder report = new StringBuilder();
    private final Map<String, byte[]> packages = new HashMap<>();
    private final List<Assignment> assignments = new ArrayList<>();
    private final List<ServedVersion> held = new ArrayList<>();
    private final Queue<Runnable> work = new ArrayDeque<>();
    private final FakeEngine engine = new FakeEngine(this::elapse);
    private final RunPool pool = new RunPool(
            1, Duration.ofMillis(100), Thread.ofPlatform().daemon(true).factory(), System::nanoTime);
    private final MemoryBudget memory;
    private final Versions versions;
    private long nowNanos = 1;
    private long revision;

    ResidencySimulation(Path directory, long memoryKilobytes, Duration residencyMin, Duration reloadMax)
            throws Exception {
        memory = new MemoryBudget(memoryKilobytes * KILOBYTE);
        var settings = new VersionSettings(1, 1, Duration.ofSeconds(60), Duration.ZERO, residencyMin, reloadMax, 4);
        var meters = new SimpleMeterRegistry();
        var artifacts = new ArtifactCache(
                directory,
                Long.MAX_VALUE,
                sha256 -> new ByteArrayInputStream(packages.getOrDefault(sha256, new byte[0])),
                InstantSource.fixed(Instant.EPOCH));
        var assembly = new ServingAssembly(
                new BatchSettings(DataSize.ofMegabytes(1), 100, 0),
                settings,
                new ServingAssembly.Machine(1, 1),
                pool,
                meters,
                () -> nowNanos);
        var machine =
                new VersionLoader.Machine(() -> nowNanos, () -> 0, engine::allocatedBytes, () -> {}, Runnable::run);
        var loader = new VersionLoader(
                artifacts,
                _ -> engine,
                memory,
                assembly,
                machine,
                new LoadPlanner(
                        new Devices(new Device(Device.Kind.CPU, 0, "virtual", memory.bytesMax()), List.of()),
                        new Tuner(
                                new TuningSettings(Duration.ZERO), new Tuner.Clocks(() -> nowNanos, () -> nowNanos))));
        versions = new Versions(
                new Versions.Workshop(loader, memory, work::add, work::add, 2, meters),
                "w",
                (_, _) -> {},
                settings,
                Duration.ofSeconds(10),
                () -> nowNanos);
    }

    private void elapse(long nanos) {
        nowNanos += nanos;
    }

    ResidencySimulation nanosPerByte(long nanos) {
        engine.nanosPerByte(nanos);
        return this;
    }

    /// Assigned besides those that are.
    ResidencySimulation assign(String model, int kilobytes) throws Exception {
        // The length of the weights decides; the name makes packages differ.
        var weights = new float[kilobytes * KILOBYTE / 4];
        weights[0] = model.hashCode();
        var bytes =
                new OnnxModelBuilder().initializer("w", weights, weights.length).build();
        var sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        packages.put(sha256, bytes);
        assignments.add(new Assignment(model, 1, sha256, bytes.length));
        return apply("assign " + model + " of " + kilobytes + " kB");
    }

    ResidencySimulation unassign(String model) {
        assignments.removeIf(assignment -> assignment.model().equals(model));
        return apply("unassign " + model);
    }

    private ResidencySimulation apply(String what) {
        versions.apply(new DesiredState(++revision, List.copyOf(assignments), List.of()));
        return settle(what);
    }

    /// A call that is over at once, or waits.
    ResidencySimulation call(String model, long timeoutMillis) {
        line("call " + model);
        ask(model, timeoutMillis);
        return settle();
    }

    /// Several calls at the same time.
    ResidencySimulation calls(String model, int count, long timeoutMillis) {
        line(count + " calls of " + model);
        for (int i = 0; i < count; i++) {
            ask(model, timeoutMillis);
        }
        return settle();
    }

    private void ask(String model, long timeoutMillis) {
        switch (versions.table().newest(model)) {
            case ServedVersion served
            when served.acquire() -> {
                served.touch(nowNanos);
                served.release();
                line("  " + model + " answers");
            }
            case ServedVersion _ -> line("  " + model + " is shut");
            case DormantVersion dormant -> demand(dormant.key(), nowNanos + timeoutMillis * 1_000_000);
            case null -> line("  " + model + " cannot be called");
        }
    }

    private void demand(VersionKey key, long deadlineNanos) {
        try {
            versions.demand(key, new Demand() {
                @Override
                public long deadlineNanos() {
                    return deadlineNanos;
                }

                @Override
                public void ready(ServedVersion version) {
                    version.touch(nowNanos);
                    version.release();
                    line("  " + key + " answers after a wait");
                }

                @Override
                public void refused(ProblemException why) {
                    refusal(why);
                }
            });
        } catch (ProblemException e) {
            refusal(e);
        }
    }

    private void refusal(ProblemException why) {
        line("  " + why.problem() + " retry after " + why.retryAfterSeconds() + " s: " + why.detail());
    }

    /// Somebody holds it until [#release].
    ResidencySimulation hold(String model) {
        if (versions.table().newest(model) instanceof ServedVersion served && served.acquire()) {
            held.add(served);
            return settle("hold " + model);
        }
        throw new IllegalStateException(model + " cannot be held");
    }

    ResidencySimulation release(String model) {
        for (var version : List.copyOf(held)) {
            if (version.key().model().equals(model)) {
                held.remove(version);
                version.release();
            }
        }
        return settle("release " + model);
    }

    /// What is in memory will never run again.
    ResidencySimulation crash() {
        engine.crash(new Failure("run", "engine-crashed", "signal 11", "See the worker's log."));
        return settle("crash");
    }

    ResidencySimulation recover() {
        engine.crash(null);
        return settle("recover");
    }

    ResidencySimulation pass(long millis) {
        nowNanos += millis * 1_000_000;
        return settle("wait " + millis + " ms");
    }

    private ResidencySimulation settle(String what) {
        line(what);
        return settle();
    }

    private ResidencySimulation settle() {
        versions.tick();
        for (var next = work.poll(); next != null; next = work.poll()) {
            next.run();
            versions.tick();
        }
        var states = versions.report().stream()
                .map(slot -> slot.model() + " " + slot.state()
                        + (slot.failure() == null ? "" : " (" + slot.failure().cause() + ")"))
                .collect(Collectors.joining(", "));
        line("  " + states + "; " + memory.bytesUsed() / KILOBYTE + " kB of " + memory.bytesMax() / KILOBYTE);
        if (memory.bytesUsed() != engine.allocatedBytes()) {
            throw new IllegalStateException(
                    memory.bytesUsed() + " bytes in the books, " + engine.allocatedBytes() + " in truth");
        }
        return this;
    }

    private void line(String text) {
        report.append(String.format(Locale.ROOT, "%8.3f s  %s%n", nowNanos / 1e9, text));
    }

    String run() {
        held.forEach(ServedVersion::release);
        versions.close();
        pool.close();
        if (engine.allocatedBytes() != 0) {
            throw new IllegalStateException(engine.allocatedBytes() + " bytes are left after the stop");
        }
        return report.toString();
    }
}
