package io.presage.worker.baked;

import io.presage.contract.state.DesiredState;
import io.presage.contract.state.DesiredState.Assignment;
import io.presage.worker.artifacts.ArtifactSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/// The packages of the configured models, each known by the digest that its bytes had at the start: what has
/// changed
/// by the time it is loaded is refused like any other damaged package. Immutable; any thread.
public final class BakedInPackages implements ArtifactSource {
    private static final int BUFFER_BYTES = 256 << 10;

    private final List<BakedInModel> models;
    private final List<Assignment> assignments;
    private final Map<String, BakedInModel> byDigest;

    private BakedInPackages(
            List<BakedInModel> models, List<Assignment> assignments, Map<String, BakedInModel> byDigest) {
        this.models = models;
        this.assignments = assignments;
        this.byDigest = byDigest;
    }

    /// Reads every package once.
    ///
    /// @throws IllegalStateException naming the key of a package that is not there or cannot be read
    static BakedInPackages of(List<BakedInModel> models) {
        var assignments = new ArrayList<Assignment>();
        var byDigest = new HashMap<String, BakedInModel>();
        for (var model : models) {
            if (!Files.isRegularFile(model.path()) && !Files.isDirectory(model.path())) {
                throw new IllegalStateException(model.key() + ": " + model.path()
                        + " is not there (expected: a model file, a zip or tar.gz, or a folder with one)");
            }
            try (var bytes = open(model)) {
                var assignment = assignment(model.name(), bytes);
                assignments.add(assignment);
                byDigest.put(assignment.sha256(), model);
            } catch (IOException e) {
                throw new IllegalStateException(model.key() + ": " + model.path() + " cannot be read: " + e, e);
            }
        }
        return new BakedInPackages(List.copyOf(models), List.copyOf(assignments), byDigest);
    }

    private static Assignment assignment(String name, InputStream bytes) throws IOException {
        var digest = sha256();
        var buffer = new byte[BUFFER_BYTES];
        long count = 0;
        for (int n; (n = bytes.read(buffer)) >= 0; ) {
            digest.update(buffer, 0, n);
            count += n;
        }
        return new Assignment(name, 1, HexFormat.of().formatHex(digest.digest()), count);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256. This is a bug.", e);
        }
    }

    /// What this worker holds, for as long as it runs.
    DesiredState desired() {
        return new DesiredState(1, assignments, List.of());
    }

    /// The configuration's key of a model.
    String key(String name) {
        return models.stream()
                .filter(model -> model.name().equals(name))
                .findFirst()
                .map(BakedInModel::key)
                .orElseThrow(() -> new IllegalStateException(name + " is no baked-in model. This is a bug."));
    }

    @Override
    public InputStream open(String sha256) throws IOException {
        var model = byDigest.get(sha256);
        if (model == null) {
            throw new IllegalStateException("no baked-in package has SHA-256 " + sha256 + ". This is a bug.");
        }
        return open(model);
    }

    private static InputStream open(BakedInModel model) throws IOException {
        Path path = model.path();
        return model.manifest() == null && !Files.isDirectory(path)
                ? Files.newInputStream(path)
                : new FolderZip(path, model.manifest());
    }
}
