package io.presage.registry.derivation;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.DerivationResult;
import io.presage.contract.state.Failure;
import io.presage.registry.artifacts.ArtifactStore;
import io.presage.registry.artifacts.Upload;
import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.derivation.DerivationRepository.Subject;
import io.presage.registry.http.Names;
import io.presage.registry.models.ModelRepository;
import io.presage.registry.validation.Undecided;
import io.presage.registry.validation.ValidationPolicy;
import io.presage.registry.validation.ValidationPolicy.Action;
import io.presage.registry.validation.ValidationProperties;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionTemplate;

/// Hands out derivations (control loop) and takes what became of them (any thread).
public final class DerivationService {
    private static final Logger log = LoggerFactory.getLogger(DerivationService.class);

    private final Stores stores;
    private final DerivationRepository repository;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;
    private final ValidationProperties limits;
    private final Supplier<String> ids;

    /// Where rows and packages lie.
    record Stores(DerivationRepository derivations, ModelRepository models, ArtifactStore artifacts) {}

    DerivationService(
            Stores stores,
            ChangeLog changes,
            TransactionTemplate transaction,
            ValidationProperties limits,
            Supplier<String> ids) {
        this.stores = stores;
        this.repository = stores.derivations();
        this.changes = changes;
        this.transaction = transaction;
        this.limits = limits;
        this.ids = ids;
    }

    /// Called by the control loop.
    public void tick() {
        transaction.executeWithoutResult(_ -> {
            if (!repository.tryLockTick()) {
                return;
            }
            var done = new ArrayList<Change>();
            for (var orphan : repository.orphans()) {
                reject(orphan).ifPresent(done::add);
            }
            for (var action : ValidationPolicy.plan(repository.waiting(), repository.workers(), limits)) {
                carryOut(action).ifPresent(done::add);
            }
            if (!done.isEmpty()) {
                changes.record(done);
            }
        });
    }

    private Optional<Change> reject(DerivationRepository.Orphan orphan) {
        if (!repository.lockDeriving(orphan.model(), orphan.version())) {
            return Optional.empty();
        }
        repository.closeOpen(orphan.model(), orphan.version());
        repository.rejected(
                orphan.model(),
                orphan.version(),
                new Failure(
                        "derive",
                        "original-gone",
                        "version " + orphan.original() + " is " + orphan.originalState() + " (expected: READY)",
                        "Upload a version that becomes READY, and ask for its sibling."));
        return Optional.of(
                new Change("version.reject", path(orphan.model(), orphan.version()), Map.of("cause", "original-gone")));
    }

    private Optional<Change> carryOut(Action action) {
        return switch (action) {
            case Action.Assign(var version, var worker) ->
                ifDeriving(version, () -> {
                    repository.open(ids.get(), version, worker);
                    return change("version.derivation-assign", version, Map.of("worker", worker.id()));
                });
            case Action.TakeBack(var version, var id) ->
                ifDeriving(version, () -> {
                    repository.close(id, "RETURNED");
                    return change("version.derivation-returned", version, Map.of());
                });
            case Action.Lose(var version, var id, var evidence, var reject) ->
                ifDeriving(version, () -> {
                    repository.close(id, "LOST");
                    repository.setAttempts(version, version.attempts() + 1);
                    log.warn(
                            "event=derivation-lost model={} version={} evidence=\"{}\" rejected={}",
                            version.model(),
                            version.version(),
                            evidence,
                            reject);
                    if (reject) {
                        repository.rejected(version.model(), version.version(), workerDied(version, evidence));
                        return change("version.reject", version, Map.of("cause", "worker-died"));
                    }
                    return change("version.derivation-lost", version, Map.of("evidence", evidence));
                });
        };
    }

    private Optional<Change> ifDeriving(Undecided version, Supplier<Change> action) {
        return repository.lockDeriving(version.model(), version.version())
                ? Optional.of(action.get())
                : Optional.empty();
    }

    /// Stores the package that a worker made. It is nobody's before [#result] names it.
    ///
    /// @throws ProblemException NOT_FOUND for a derivation that was never given out, CONFLICT when its version has
    ///     been decided, and whatever [ArtifactStore#receive] refuses
    void receive(String id, InputStream body, long lengthAnnounced, String sha256) throws IOException {
        find(id);
        try (var upload = stores.artifacts().receive(body, lengthAnnounced, sha256)) {
            transaction.executeWithoutResult(_ -> keep(id, upload));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private void keep(String id, Upload upload) {
        requireDeriving(find(id));
        stores.models().insertArtifact(upload.sha256(), upload.bytes());
        repository.received(id, upload.sha256());
        try {
            stores.artifacts().keep(upload);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A worker's result. The first one about a version counts, also if its derivation was given up meanwhile;
    /// later ones change nothing.
    ///
    /// @throws ProblemException NOT_FOUND for a derivation that was never given out, CONFLICT when it names a
    ///     package that did not come before
    void result(String id, DerivationResult result) {
        transaction.executeWithoutResult(_ -> {
            var subject = find(id);
            if (!repository.lockDeriving(subject.model(), subject.version())) {
                return;
            }
            var path = path(subject.model(), subject.version());
            var derived = result.derived();
            if (derived != null) {
                requirePackage(subject, derived);
                repository.close(id, "DONE");
                repository.closeOpen(subject.model(), subject.version());
                repository.made(subject.model(), subject.version(), derived);
                changes.record(new Change(
                        "version.derived", path, Map.of("worker", result.workerId(), "sha256", derived.sha256())));
                log.info("event=version-derived model={} version={}", subject.model(), subject.version());
                return;
            }
            var failure = Objects.requireNonNull(result.failure(), "checked by the record");
            repository.close(id, "FAILED");
            repository.closeOpen(subject.model(), subject.version());
            repository.rejected(subject.model(), subject.version(), failure);
            changes.record(new Change("version.reject", path, Map.of("cause", String.valueOf(failure.cause()))));
            log.info(
                    "event=version-rejected model={} version={} cause={}",
                    subject.model(),
                    subject.version(),
                    failure.cause());
        });
    }

    private Subject find(String id) {
        return repository
                .find(id)
                .orElseThrow(() -> new ProblemException(
                        Problem.NOT_FOUND, "derivation: " + Names.shown(id) + " (expected: one that was given)"));
    }

    private void requireDeriving(Subject subject) {
        if (!repository.lockDeriving(subject.model(), subject.version())) {
            throw new ProblemException(
                    Problem.CONFLICT,
                    "version: " + subject.model() + "/" + subject.version() + " is decided (expected: DERIVING)");
        }
    }

    private static void requirePackage(Subject subject, DerivationResult.Derived derived) {
        if (!subject.sha256().equals(Optional.ofNullable(derived.sha256()))) {
            throw new ProblemException(
                    Problem.CONFLICT,
                    "sha256: " + Names.shown(derived.sha256()) + " (expected: "
                            + subject.sha256().orElse("a package first") + ")");
        }
    }

    private static Failure workerDied(Undecided version, String evidence) {
        return new Failure(
                "derive",
                "worker-died",
                "after " + (version.attempts() + 1) + " attempts; the last: " + evidence,
                "Look into the workers' logs: it takes about twice the model's memory, and disk for both packages.");
    }

    private static Change change(String action, Undecided version, Map<String, ?> details) {
        return new Change(action, path(version.model(), version.version()), details);
    }

    private static String path(String model, int version) {
        return "models/" + model + "/versions/" + version;
    }
}
