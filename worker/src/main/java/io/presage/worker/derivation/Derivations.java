package io.presage.worker.derivation;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.presage.contract.state.DerivationResult;
import io.presage.contract.state.DesiredState.Derivation;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The derivations that the registry wants of this worker, each made and sent once.
///
/// State: the ids that are wanted and those that were begun, guarded by `this`. [#apply] is called with each
/// snapshot, by one thread; the work is done on the executor, one derivation after the other. One that is no
/// longer wanted is not begun, and its result is not sent. What the registry cannot take now is tried again a
/// few times; after that the registry calls the derivation lost in its own time.
public final class Derivations {
    private static final Logger log = LoggerFactory.getLogger(Derivations.class);
    /// With pauses of 0.5 s, doubled each time up to 30 s: about a minute and a half.
    private static final int ATTEMPTS_MAX = 8;

    private static final Duration PAUSE_FIRST = Duration.ofMillis(500);
    private static final Duration PAUSE_LAST = Duration.ofSeconds(30);

    private final SiblingMaker maker;
    private final DerivationSink sink;
    private final String workerId;
    private final Path directory;
    private final Executor executor;
    private final Pause pause;

    @GuardedBy("this")
    private Set<String> wanted = Set.of();

    @GuardedBy("this")
    private final Set<String> begun = new HashSet<>();

    /// Lets time pass.
    @FunctionalInterface
    public interface Pause {
        void of(Duration duration) throws InterruptedException;
    }

    @FunctionalInterface
    private interface Attempt<T> {
        T run() throws LoadException, SiblingMaker.NotNowException, IOException, InterruptedException;
    }

    /// @param directory for work in progress; emptied
    /// @param executor one thread
    public Derivations(
            SiblingMaker maker, DerivationSink sink, String workerId, Path directory, Executor executor, Pause pause)
            throws IOException {
        this.maker = maker;
        this.sink = sink;
        this.workerId = workerId;
        this.directory = directory;
        this.executor = executor;
        this.pause = pause;
        deleteTree(directory);
    }

    /// What is wanted now, in whole.
    public synchronized void apply(List<Derivation> derivations) {
        wanted = derivations.stream().map(Derivation::id).collect(Collectors.toUnmodifiableSet());
        begun.retainAll(wanted);
        for (var derivation : derivations) {
            if (begun.add(derivation.id())) {
                executor.execute(() -> run(derivation));
            }
        }
    }

    private synchronized boolean isWanted(Derivation derivation) {
        return wanted.contains(derivation.id());
    }

    private void run(Derivation derivation) {
        if (!isWanted(derivation)) {
            return;
        }
        var what = derivation.model() + "/" + derivation.version();
        try {
            var result = made(derivation);
            if (isWanted(derivation)) {
                attempt(derivation, () -> {
                    sink.finish(derivation.id(), result);
                    return result;
                });
                log.info("event=derivation_done version={} failure={}", what, result.failure());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (LoadException | SiblingMaker.NotNowException | IOException e) {
            log.warn("event=derivation_undelivered version={} why={}", what, String.valueOf(e));
        }
    }

    /// Makes and sends the package. What is wrong with the package becomes part of the result.
    private DerivationResult made(Derivation derivation) throws InterruptedException, IOException {
        // One at a time: the executor has one thread.
        var work = directory.resolve("work");
        try {
            var made = attempt(derivation, () -> {
                deleteTree(work);
                return maker.make(derivation, Files.createDirectories(work));
            });
            attempt(derivation, () -> {
                sink.send(derivation.id(), made.file(), made.derived().sha256());
                return made;
            });
            return new DerivationResult(workerId, made.derived(), null);
        } catch (LoadException e) {
            return new DerivationResult(workerId, null, e.failure());
        } catch (SiblingMaker.NotNowException e) {
            return new DerivationResult(workerId, null, e.failure());
        } catch (RuntimeException | OutOfMemoryError e) {
            log.error("event=derivation_failed id={}", derivation.id(), e);
            var cause = e instanceof OutOfMemoryError ? "out-of-memory" : "engine-failure";
            return new DerivationResult(
                    workerId, null, new Failure("derive", cause, String.valueOf(e), "See the worker's log."));
        } finally {
            deleteTree(work);
        }
    }

    private <T> T attempt(Derivation derivation, Attempt<T> attempt)
            throws LoadException, SiblingMaker.NotNowException, IOException, InterruptedException {
        var next = PAUSE_FIRST;
        for (int i = 1; ; i++) {
            try {
                return attempt.run();
            } catch (SiblingMaker.NotNowException | IOException e) {
                if (i >= ATTEMPTS_MAX || !isWanted(derivation)) {
                    throw e;
                }
                log.warn("event=derivation_retry id={} attempt={} why={}", derivation.id(), i, String.valueOf(e));
            }
            pause.of(next);
            var doubled = next.multipliedBy(2);
            next = doubled.compareTo(PAUSE_LAST) > 0 ? PAUSE_LAST : doubled;
        }
    }

    private static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (var files = Files.walk(root)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
