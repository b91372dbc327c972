package io.presage.worker.versions;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What can be called now. Immutable; any thread.
///
/// The paths of predict calls are spelt out, so that the usual call finds its version with one look.
public final class ServingTable {
    public static final ServingTable EMPTY = new ServingTable(List.of(), Set.of());

    private final Map<String, ServedVersion> byInferPath = new HashMap<>();
    private final Map<String, TreeMap<Integer, ServedVersion>> byModel = new TreeMap<>();
    private final Set<VersionKey> known;

    /// `known`: versions that are assigned or were here lately.
    ServingTable(Collection<ServedVersion> served, Set<VersionKey> known) {
        this.known = Set.copyOf(known);
        for (var version : served) {
            byModel.computeIfAbsent(version.key().model(), _ -> new TreeMap<>())
                    .put(version.key().version(), version);
            byInferPath.put(
                    "/v2/models/" + version.key().model() + "/versions/" + version.versionText() + "/infer", version);
        }
        byModel.forEach((model, versions) -> byInferPath.put(
                "/v2/models/" + model + "/infer", versions.lastEntry().getValue()));
    }

    /// For a path exactly as it is usually spelt; null says nothing but "look closer".
    public @Nullable ServedVersion byInferPath(String path) {
        return byInferPath.get(path);
    }

    /// Its highest Ready version; null when there is none.
    public @Nullable ServedVersion newest(String model) {
        var versions = byModel.get(model);
        return versions == null ? null : versions.lastEntry().getValue();
    }

    public @Nullable ServedVersion version(String model, int version) {
        var versions = byModel.get(model);
        return versions == null ? null : versions.get(version);
    }

    /// Ascending.
    public Collection<ServedVersion> versions(String model) {
        var versions = byModel.get(model);
        return versions == null ? List.of() : Collections.unmodifiableCollection(versions.values());
    }

    /// True when a version of the model is assigned or was here lately.
    public boolean knows(String model) {
        return known.stream().anyMatch(key -> key.model().equals(model));
    }

    public boolean knows(String model, int version) {
        return known.contains(new VersionKey(model, version));
    }
}
