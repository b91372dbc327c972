package io.presage.registry.validation;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.contract.state.ValidationResult;
import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.http.Names;
import io.presage.registry.validation.ValidationPolicy.Action;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionTemplate;

/// Carries out what the policy wants (control loop) and takes verdicts (any thread).
public final class ValidationService {
    private static final Logger log = LoggerFactory.getLogger(ValidationService.class);

    private final ValidationRepository repository;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;
    private final ValidationProperties properties;
    private final Supplier<String> ids;

    ValidationService(
            ValidationRepository repository,
            ChangeLog changes,
            TransactionTemplate transaction,
            ValidationProperties properties,
            Supplier<String> ids) {
        this.repository = repository;
        this.changes = changes;
        this.transaction = transaction;
        this.properties = properties;
        this.ids = ids;
    }

    /// Called by the control loop.
    public void tick() {
        transaction.executeWithoutResult(_ -> {
            if (!repository.tryLockTick()) {
                return;
            }
            var actions = ValidationPolicy.plan(repository.undecided(), repository.validators(), properties);
            var done = actions.stream()
                    .map(this::carryOut)
                    .flatMap(Optional::stream)
                    .toList();
            if (!done.isEmpty()) {
                changes.record(done);
            }
        });
    }

    private Optional<Change> carryOut(Action action) {
        return switch (action) {
            case Action.Assign(var version, var worker) ->
                ifUndecided(version, () -> {
                    repository.open(ids.get(), version, worker);
                    return change("version.validate", version, Map.of("worker", worker.id()));
                });
            case Action.TakeBack(var version, var id) ->
                ifUndecided(version, () -> {
                    repository.close(id, "RETURNED");
                    repository.backToUploaded(version, version.attempts());
                    return change("version.validation-returned", version, Map.of());
                });
            case Action.Lose(var version, var id, var evidence, var reject) ->
                ifUndecided(version, () -> {
                    repository.close(id, "LOST");
                    repository.backToUploaded(version, version.attempts() + 1);
                    log.warn(
                            "event=validation-lost model={} version={} evidence=\"{}\" rejected={}",
                            version.model(),
                            version.version(),
                            evidence,
                            reject);
                    if (reject) {
                        repository.rejected(version.model(), version.version(), workerDied(version, evidence));
                        return change("version.reject", version, Map.of("cause", "worker-died"));
                    }
                    return change("version.validation-lost", version, Map.of("evidence", evidence));
                });
        };
    }

    private Optional<Change> ifUndecided(Undecided version, Supplier<Change> action) {
        return repository.lockUndecided(version.model(), version.version())
                ? Optional.of(action.get())
                : Optional.empty();
    }

    /// A worker's verdict. The first one about a version counts, also if its validation was given up meanwhile;
    /// later ones change nothing.
    ///
    /// @throws ProblemException NOT_FOUND for a validation that was never given out
    void result(String id, ValidationResult result) {
        transaction.executeWithoutResult(_ -> {
            var subject = repository
                    .find(id)
                    .orElseThrow(() -> new ProblemException(
                            Problem.NOT_FOUND, "validation: " + Names.shown(id) + " (expected: one that was given)"));
            if (!repository.lockUndecided(subject.model(), subject.version())) {
                return;
            }
            var path = "models/" + subject.model() + "/versions/" + subject.version();
            if (result.profile() != null) {
                repository.close(id, "READY");
                repository.ready(subject.model(), subject.version(), result.profile());
                repository.closeOpen(subject.model(), subject.version());
                changes.record(new Change("version.ready", path, Map.of("worker", result.workerId())));
                log.info("event=version-ready model={} version={}", subject.model(), subject.version());
            } else {
                var failure = Objects.requireNonNull(result.failure(), "checked by the record");
                if ("unsupported-device".equals(failure.cause())
                        && ValidationPolicy.isForAnother(result.workerId(), repository.validators())) {
                    repository.close(id, "RETURNED");
                    repository.forCuda(subject.model(), subject.version());
                    changes.record(new Change("version.validation-returned", path, Map.of("cause", failure.cause())));
                    return;
                }
                repository.close(id, "REJECTED");
                repository.rejected(subject.model(), subject.version(), failure);
                repository.closeOpen(subject.model(), subject.version());
                changes.record(new Change("version.reject", path, Map.of("cause", String.valueOf(failure.cause()))));
                log.info(
                        "event=version-rejected model={} version={} cause={}",
                        subject.model(),
                        subject.version(),
                        failure.cause());
            }
        });
    }

    private static Failure workerDied(Undecided version, String evidence) {
        return new Failure(
                "load",
                "worker-died",
                "after " + (version.attempts() + 1) + " attempts; the last: " + evidence,
                "Look into the workers' logs. A package that kills its worker needs more memory than there is, or is"
                        + " broken or hostile. Mend it and upload it again.");
    }

    private static Change change(String action, Undecided version, Map<String, ?> details) {
        return new Change(action, "models/" + version.model() + "/versions/" + version.version(), details);
    }
}
