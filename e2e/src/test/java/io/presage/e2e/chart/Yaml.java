package io.presage.e2e.chart;

import static java.util.stream.Collectors.toCollection;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One node of a YAML or JSON document: a map, a list or a scalar. Immutable; any thread.
///
/// @param value what the parser made of it; null for an absent or empty node
record Yaml(@Nullable Object value) {
    /// All documents of a stream; empty ones are left out.
    static List<Yaml> documents(String text) {
        var documents = new ArrayList<Yaml>();
        for (var document : new org.yaml.snakeyaml.Yaml().loadAll(text)) {
            if (document != null) {
                documents.add(new Yaml(document));
            }
        }
        return documents;
    }

    static Yaml read(Path file) {
        try {
            return new Yaml(new org.yaml.snakeyaml.Yaml().load(Files.readString(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The node below these keys; an absent one when a key is not there.
    Yaml at(String... keys) {
        var node = value;
        for (var key : keys) {
            node = node instanceof Map<?, ?> map ? map.get(key) : null;
        }
        return new Yaml(node);
    }

    boolean isPresent() {
        return value != null;
    }

    boolean isMap() {
        return value instanceof Map;
    }

    /// @throws IllegalStateException when it is absent
    String text() {
        return Optional.ofNullable(value)
                .orElseThrow(() -> new IllegalStateException("nothing here (expected: a scalar)"))
                .toString();
    }

    /// The elements of a list; none when it is absent.
    List<Yaml> list() {
        return value instanceof Collection<?> list
                ? list.stream().<Yaml>map(Yaml::new).toList()
                : List.of();
    }

    /// The keys of a map, sorted; none when it is absent.
    Collection<String> keys() {
        return value instanceof Map<?, ?> map
                ? map.keySet().stream().map(String::valueOf).collect(toCollection(TreeSet::new))
                : List.of();
    }

    /// The values of a map; none when it is absent.
    List<Yaml> values() {
        return value instanceof Map<?, ?> map
                ? map.values().stream().<Yaml>map(Yaml::new).toList()
                : List.of();
    }

    /// This node and all below it.
    Stream<Yaml> everything() {
        return Stream.concat(
                Stream.of(this),
                Stream.concat(list().stream(), values().stream()).flatMap(Yaml::everything));
    }
}
