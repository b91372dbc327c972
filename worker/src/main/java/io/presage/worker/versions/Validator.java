package io.presage.worker.versions;

import io.presage.contract.infer.SignatureCheck;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.DesiredState.Validation;
import io.presage.contract.state.Failure;
import io.presage.contract.state.Tuning;
import io.presage.contract.state.ValidationResult;
import io.presage.contract.state.ValidationResult.Profile;
import io.presage.worker.engine.LoadException;
import org.jspecify.annotations.Nullable;

/// Checks an uploaded version: loads it, compares its samples, measures it, and lets it go again. Blocking;
/// called by loader threads.
final class Validator {
    private final VersionLoader loader;
    private final String workerId;
    private final Room room;

    Validator(VersionLoader loader, String workerId, Room room) {
        this.loader = loader;
        this.workerId = workerId;
        this.room = room;
    }

    /// `Loaded` holds the verdict, a rejection too.
    LoadOutcome<ValidationResult> validate(Validation validation) throws InterruptedException {
        var key = new VersionKey(validation.model(), validation.version());
        var request = new LoadRequest(key, validation.sha256(), validation.bytes(), null, null, room);
        var outcome = loader.open(request, new Silent());
        return switch (outcome) {
            case LoadOutcome.Loaded<OpenedVersion>(var version) -> {
                try (version) {
                    yield new LoadOutcome.Loaded<>(verdict(version));
                }
            }
            case LoadOutcome.Failed<OpenedVersion>(var failure) -> new LoadOutcome.Loaded<>(rejected(failure));
            case LoadOutcome.Unreachable<OpenedVersion>(var failure) -> new LoadOutcome.Unreachable<>(failure);
            case LoadOutcome.NoRoom<OpenedVersion>(var full) -> new LoadOutcome.NoRoom<>(full);
        };
    }

    ValidationResult rejected(Failure failure) {
        return new ValidationResult(workerId, null, failure);
    }

    private ValidationResult verdict(OpenedVersion version) {
        int checked = 0;
        for (var sample : version.samples()) {
            if (sample.expected() != null) {
                var failure = check(version, sample);
                if (failure != null) {
                    return rejected(failure);
                }
                checked++;
            }
        }
        var manifest = version.modelPackage().manifest();
        @Nullable Tuning tuning;
        try {
            tuning = loader.tune(version).orElse(null);
        } catch (LoadException e) {
            return rejected(e.failure());
        }
        return new ValidationResult(
                workerId,
                new Profile(
                        manifest.task(),
                        version.engine().name(),
                        "onnx",
                        manifest.device().equals("gpu") ? "cuda" : "cpu",
                        version.task().signature(),
                        version.memory().bytes(),
                        version.loadMillis(),
                        checked,
                        version.cost().millisPerRow(),
                        version.cost().millisPerCall(),
                        tuning),
                null);
    }

    private static @Nullable Failure check(OpenedVersion version, Sample sample) {
        var expected = sample.expected();
        if (expected == null) {
            throw new IllegalStateException("a sample without an answer is not compared. This is a bug.");
        }
        try {
            var inputs = SignatureCheck.check(
                    version.task().signature(), sample.request().inputs());
            var prepared = version.task().prepare(inputs);
            var outputs = version.task().finish(prepared, version.probed().run(prepared.inputs()));
            double tolerance = version.modelPackage().manifest().samples().tolerance();
            return SampleCheck.difference(expected, outputs, tolerance)
                    .map(difference -> new Failure(
                            "samples",
                            "sample-mismatch",
                            "samples/" + sample.name() + ": " + difference,
                            "Correct the sample's answer, raise samples.tolerance, or upload the right model."))
                    .orElse(null);
        } catch (ProblemException e) {
            return new Failure(
                    "samples",
                    "sample-failed",
                    "samples/" + sample.name() + ": " + e.problem() + ": " + e.detail(),
                    "Correct the sample request, or the model that cannot answer it.");
        }
    }

    private static final class Silent implements VersionLoader.Progress {
        @Override
        public void loading() {}

        @Override
        public void warming() {}
    }
}
