package io.presage.worker.versions;

import io.presage.contract.state.DesiredState.Validation;
import io.presage.contract.state.Failure;
import io.presage.contract.state.ValidationResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The validations that this worker was asked for, until nobody asks any more. Guarded by the lock of [Versions].
final class ValidationJobs {
    private final Map<String, Job> jobs = new LinkedHashMap<>();
    private final Validator validator;
    private final ValidationSink sink;

    ValidationJobs(Validator validator, ValidationSink sink) {
        this.validator = validator;
        this.sink = sink;
    }

    static final class Job {
        private final Validation validation;
        private boolean isBusy;
        private boolean isDone;
        private int attempts;
        private long notBeforeNanos;

        private Job(Validation validation, long nowNanos) {
            this.validation = validation;
            this.notBeforeNanos = nowNanos;
        }

        Validation validation() {
            return validation;
        }
    }

    List<ReconcilePolicy.ValidationView> views() {
        var views = new ArrayList<ReconcilePolicy.ValidationView>(jobs.size());
        jobs.forEach((id, job) ->
                views.add(new ReconcilePolicy.ValidationView(id, job.isBusy, job.isDone, job.notBeforeNanos)));
        return views;
    }

    /// One more attempt, which a loader thread makes.
    Job begin(Validation validation, long nowNanos) {
        var job = jobs.computeIfAbsent(validation.id(), _ -> new Job(validation, nowNanos));
        job.isBusy = true;
        job.attempts++;
        return job;
    }

    void forget(String id) {
        jobs.remove(id);
    }

    void ended(Job job, LoadOutcome<ValidationResult> outcome, long nowNanos) {
        job.isBusy = false;
        switch (outcome) {
            case LoadOutcome.Loaded<ValidationResult>(var result) -> done(job, result);
            case LoadOutcome.Failed<ValidationResult>(var failure) -> retry(job, failure, nowNanos);
            case LoadOutcome.Unreachable<ValidationResult>(var failure) -> retry(job, failure, nowNanos);
            case LoadOutcome.NoRoom<ValidationResult>(var full) -> retry(job, full.failure(), nowNanos);
        }
    }

    private void retry(Job job, Failure failure, long nowNanos) {
        if (job.attempts >= Retries.ATTEMPTS_MAX) {
            done(job, validator.rejected(failure));
        } else {
            job.notBeforeNanos = nowNanos + Retries.backoffNanos(job.attempts);
        }
    }

    private void done(Job job, ValidationResult result) {
        job.isDone = true;
        sink.accept(job.validation.id(), result);
    }
}
