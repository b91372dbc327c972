package io.presage.standalone.demo;

import io.presage.standalone.demo.ControlApi.Version;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/// A registry in memory, which validates an upload when it is asked about it next.
final class FakeControlApi implements ControlApi {
    final Map<String, List<Version>> versions = new HashMap<>();
    final Map<String, Integer> active = new HashMap<>();
    final List<String> calls = new ArrayList<>();
    final Set<String> rejected = new HashSet<>();

    @Override
    public void createModel(String model, String description) {
        calls.add("create " + model);
        versions.computeIfAbsent(model, _ -> new ArrayList<>());
    }

    @Override
    public List<Version> versions(String model) {
        var all = versions.getOrDefault(model, new ArrayList<>());
        var before = List.copyOf(all);
        all.replaceAll(version -> version.state().equals("UPLOADED") ? decided(model, version) : version);
        return before;
    }

    @Override
    public int upload(String model, Path file, String sha256) {
        calls.add("upload " + model);
        var all = versions.getOrDefault(model, new ArrayList<>());
        all.add(new Version(all.size() + 1, "UPLOADED", sha256, null));
        return all.size();
    }

    @Override
    public OptionalInt activeVersion(String model) {
        var version = active.get(model);
        return version == null ? OptionalInt.empty() : OptionalInt.of(version);
    }

    @Override
    public void promote(String model, int version) {
        calls.add("promote " + model + "/" + version);
        active.put(model, version);
    }

    @Override
    public boolean answers(String model) {
        return active.containsKey(model);
    }

    private Version decided(String model, Version version) {
        return rejected.contains(model)
                ? new Version(version.version(), "REJECTED", version.sha256(), "corrupt-model: cut off")
                : new Version(version.version(), "READY", version.sha256(), null);
    }
}
