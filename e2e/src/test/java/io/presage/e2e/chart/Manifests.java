package io.presage.e2e.chart;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// What the chart renders to, in the order in which Helm gives it. Immutable; any thread.
record Manifests(List<Yaml> all) {
    private static final Set<String> WORKLOADS = Set.of("Deployment", "StatefulSet");

    Manifests {
        all = List.copyOf(all);
    }

    static String kind(Yaml manifest) {
        return manifest.at("kind").text();
    }

    static String name(Yaml manifest) {
        return manifest.at("metadata", "name").text();
    }

    List<Yaml> ofKind(String kind) {
        return all.stream().filter(manifest -> kind(manifest).equals(kind)).toList();
    }

    Yaml one(String kind, String name) {
        var found = ofKind(kind).stream()
                .filter(manifest -> name(manifest).equals(name))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(kind + " " + name + ": found " + found.size() + " (expected: 1) in "
                    + all.stream()
                            .map(manifest -> kind(manifest) + " " + name(manifest))
                            .toList());
        }
        return found.getFirst();
    }

    List<Yaml> workloads() {
        return all.stream()
                .filter(manifest -> WORKLOADS.contains(kind(manifest)))
                .toList();
    }

    static Yaml pod(Yaml workload) {
        return workload.at("spec", "template");
    }

    static Yaml container(Yaml workload) {
        var containers = pod(workload).at("spec", "containers").list();
        if (containers.size() != 1) {
            throw new AssertionError(name(workload) + ": " + containers.size() + " containers (expected: 1)");
        }
        return containers.getFirst();
    }

    Stream<Yaml> containers() {
        return workloads().stream()
                .flatMap(workload -> Stream.of("containers", "initContainers")
                        .flatMap(list -> pod(workload).at("spec", list).list().stream()));
    }

    /// The workload whose pods a selector (its `matchLabels`) picks.
    ///
    /// @throws AssertionError unless it is exactly one
    Yaml selected(Yaml matchLabels) {
        var found = workloads().stream()
                .filter(workload -> picks(matchLabels, pod(workload)))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError("selector " + matchLabels.value() + " picks "
                    + found.stream().map(Manifests::name).toList() + " (expected: one workload)");
        }
        return found.getFirst();
    }

    private static boolean picks(Yaml matchLabels, Yaml pod) {
        return matchLabels.value() instanceof Map<?, ?> wanted
                && pod.at("metadata", "labels").value() instanceof Map<?, ?> labels
                && !wanted.isEmpty()
                && labels.entrySet().containsAll(wanted.entrySet());
    }
}
