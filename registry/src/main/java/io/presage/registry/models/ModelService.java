package io.presage.registry.models;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.registry.artifacts.ArtifactStore;
import io.presage.registry.artifacts.Upload;
import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionTemplate;

/// Commands on models and versions, each one transaction. Any thread.
final class ModelService {
    private final ModelRepository repository;
    private final ArtifactStore artifacts;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;

    ModelService(
            ModelRepository repository, ArtifactStore artifacts, ChangeLog changes, TransactionTemplate transaction) {
        this.repository = repository;
        this.artifacts = artifacts;
        this.changes = changes;
        this.transaction = transaction;
    }

    ModelView create(CreateModel command) {
        return transaction.execute(_ -> {
            var description = Objects.requireNonNullElse(command.description(), "");
            if (!repository.insert(command.name(), description)) {
                throw new ProblemException(
                        Problem.CONFLICT, "model: '" + command.name() + "' exists already (expected: a new name)");
            }
            changes.record(new Change("model.create", "models/" + command.name(), Map.of("description", description)));
            return model(command.name());
        });
    }

    ModelView model(String name) {
        return repository.find(name).orElseThrow(() -> ModelRepository.notFound(name));
    }

    /// Takes a package of any size as the model's next version. The model is looked up first, so that nobody
    /// sends gigabytes to a misspelt name; it cannot go away meanwhile.
    ///
    /// @param derivation a sibling to make of it; null for none
    VersionView upload(
            String model, InputStream body, long lengthAnnounced, @Nullable String sha256, @Nullable String derivation)
            throws IOException {
        model(model);
        try (var upload = artifacts.receive(body, lengthAnnounced, sha256)) {
            return transaction.execute(_ -> add(model, upload, derivation));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private VersionView add(String model, Upload upload, @Nullable String derivation) {
        repository.lock(model);
        int version = repository.insertVersion(model, upload.sha256(), upload.bytes());
        try {
            artifacts.keep(upload);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        changes.record(new Change(
                "version.upload",
                "models/" + model + "/versions/" + version,
                Map.of("sha256", upload.sha256(), "bytes", upload.bytes())));
        if (derivation != null) {
            addSibling(model, version, derivation);
        }
        return version(model, version);
    }

    /// Asks for a version that a worker makes of `original`.
    ///
    /// @throws ProblemException CONFLICT when there is one already, or `original` cannot be made of anything
    VersionView derive(String model, int original, String derivation) {
        return transaction.execute(_ -> {
            repository.lock(model);
            var present = version(model, original);
            requireOriginal(present);
            for (var pair : present.siblings()) {
                var derived = pair.derived();
                boolean isThere = switch (derived.state()) {
                    case DERIVING, UPLOADED, VALIDATING, READY -> true;
                    case REJECTED, ARCHIVED -> false;
                };
                if (isThere && pair.derivation().equals(derivation)) {
                    throw new ProblemException(
                            Problem.CONFLICT,
                            "version: " + model + "/" + original + " has the " + derivation + " sibling "
                                    + derived.version() + " already (expected: none)");
                }
            }
            return version(model, addSibling(model, original, derivation));
        });
    }

    private static void requireOriginal(VersionView version) {
        boolean isUsable = switch (version.state()) {
            case UPLOADED, VALIDATING, READY -> version.derivedFrom() == null;
            case DERIVING, REJECTED, ARCHIVED -> false;
        };
        if (!isUsable) {
            throw new ProblemException(
                    Problem.CONFLICT,
                    "version: " + version.model() + "/" + version.version() + " is " + version.state()
                            + (version.derivedFrom() == null ? "" : ", made of version " + version.derivedFrom())
                            + " (expected: an uploaded version that is neither rejected nor archived)");
        }
    }

    private int addSibling(String model, int original, String derivation) {
        int version = repository.insertSibling(model, original, derivation);
        changes.record(new Change(
                "version.derive",
                "models/" + model + "/versions/" + version,
                Map.of("derivedFrom", original, "derivation", derivation)));
        return version;
    }

    VersionView version(String model, int version) {
        return repository.version(model, version).orElseThrow(() -> {
            model(model);
            return ModelRepository.notFound(model, version);
        });
    }

    /// Archiving what is archived changes nothing.
    void archive(String model, int version) {
        transaction.executeWithoutResult(_ -> {
            repository.lock(model);
            var present = version(model, version);
            if (present.state() == VersionState.ARCHIVED) {
                return;
            }
            if (present.deployed()) {
                throw new ProblemException(
                        Problem.CONFLICT,
                        "version: " + model + "/" + version + " is deployed (expected: neither active, previous nor"
                                + " candidate of the route, and without an alias, rule or shadow that names it)");
            }
            repository.archive(model, version);
            changes.record(new Change(
                    "version.archive",
                    "models/" + model + "/versions/" + version,
                    Map.of("state", present.state().name())));
        });
    }
}
