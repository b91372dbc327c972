package io.presage.worker.versions;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/// What can be called now. Read by any thread; written by [Versions] under its lock.
///
/// Each look sees a moment's truth, and two looks may see two: whoever finds a version acquires it before the use,
/// and that may fail. A change costs the versions of one model, not of the worker, so that a thousand versions
/// can come and go.
///
/// The paths of predict calls are spelt out, so that the usual call finds its version with one look.
public final class ServingTable {
    private final ConcurrentMap<String, ServedVersion> byInferPath = new ConcurrentHashMap<>();
    /// Values are never changed, but replaced.
    private final ConcurrentMap<String, TreeMap<Integer, HeldVersion>> byModel = new ConcurrentHashMap<>();
    private final Set<VersionKey> known = ConcurrentHashMap.newKeySet();
    private final ConcurrentMap<String, Integer> knownVersions = new ConcurrentHashMap<>();

    /// For a path exactly as it is usually spelt; null says nothing but "look closer".
    public @Nullable ServedVersion byInferPath(String path) {
        return byInferPath.get(path);
    }

    /// Its highest version that is Ready or that a call brings back; null when there is none.
    public @Nullable HeldVersion newest(String model) {
        var versions = byModel.get(model);
        return versions == null ? null : versions.lastEntry().getValue();
    }

    public @Nullable HeldVersion version(String model, int version) {
        var versions = byModel.get(model);
        return versions == null ? null : versions.get(version);
    }

    /// Ascending.
    public Collection<HeldVersion> versions(String model) {
        var versions = byModel.get(model);
        return versions == null ? Collections.emptyList() : Collections.unmodifiableCollection(versions.values());
    }

    /// Of all models, in the order of their names and numbers.
    public List<HeldVersion> all() {
        return new TreeMap<>(byModel)
                .values().stream().flatMap(held -> held.values().stream()).toList();
    }

    /// True when a version of the model is assigned or was here lately.
    public boolean knows(String model) {
        return knownVersions.containsKey(model);
    }

    public boolean knows(String model, int version) {
        return known.contains(new VersionKey(model, version));
    }

    /// Assigned, or here lately.
    void know(VersionKey key) {
        if (known.add(key)) {
            knownVersions.merge(key.model(), 1, Integer::sum);
        }
    }

    void forget(VersionKey key) {
        if (known.remove(key)) {
            knownVersions.computeIfPresent(key.model(), (_, count) -> count == 1 ? null : count - 1);
        }
    }

    /// In the place of what was there of the same version.
    void put(HeldVersion held) {
        var key = held.key();
        var old = byModel.get(key.model());
        var versions = old == null ? new TreeMap<Integer, HeldVersion>() : new TreeMap<>(old);
        versions.put(key.version(), held);
        publish(key, versions);
    }

    /// Nothing of it can be called any more.
    void remove(VersionKey key) {
        var old = byModel.get(key.model());
        if (old != null && old.containsKey(key.version())) {
            var versions = new TreeMap<>(old);
            versions.remove(key.version());
            publish(key, versions);
        }
    }

    private void publish(VersionKey key, TreeMap<Integer, HeldVersion> versions) {
        if (versions.isEmpty()) {
            byModel.remove(key.model());
        } else {
            byModel.put(key.model(), versions);
        }
        var newest = versions.isEmpty() ? null : versions.lastEntry().getValue();
        path(unversionedPath(key.model()), newest);
        path(versionedPath(key), versions.get(key.version()));
    }

    private void path(String path, @Nullable HeldVersion held) {
        if (held instanceof ServedVersion served) {
            byInferPath.put(path, served);
        } else {
            byInferPath.remove(path);
        }
    }

    private static String unversionedPath(String model) {
        return "/v2/models/" + model + "/infer";
    }

    private static String versionedPath(VersionKey key) {
        return "/v2/models/" + key.model() + "/versions/" + key.version() + "/infer";
    }
}
