package io.presage.worker.artifacts;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The members of one YAML map, read by name with their ranges; what nobody read is an error. One thread.
final class YamlMembers {
    private final String path;
    private final Map<?, ?> values;
    private final Set<String> read = new HashSet<>();

    private YamlMembers(String path, Map<?, ?> values) {
        this.path = path;
        this.values = values;
    }

    static YamlMembers of(String path, @Nullable Object value) throws InvalidMemberException {
        if (!(value instanceof Map<?, ?> map)) {
            throw new InvalidMemberException(
                    (path.isEmpty() ? "the document" : path) + ": " + show(value) + " (expected: members)");
        }
        return new YamlMembers(path, map);
    }

    YamlMembers members(String name) throws InvalidMemberException {
        var value = value(name);
        return value == null ? new YamlMembers(at(name), Map.of()) : of(at(name), value);
    }

    boolean has(String name) {
        return value(name) != null;
    }

    /// A list of at least one and at most `sizeMax` maps.
    List<YamlMembers> list(String name, int sizeMax) throws InvalidMemberException {
        var value = value(name);
        if (!(value instanceof List<?> list) || list.isEmpty() || list.size() > sizeMax) {
            throw wrong(name, value, "a list of 1.." + sizeMax + " members");
        }
        var all = new ArrayList<YamlMembers>();
        for (int i = 0; i < list.size(); i++) {
            all.add(of(at(name) + "[" + i + "]", list.get(i)));
        }
        return all;
    }

    String requiredString(String name) throws InvalidMemberException {
        var string = optionalString(name);
        if (string == null) {
            throw wrong(name, null, "a text");
        }
        return string;
    }

    /// A shape: whole numbers, -1 for any.
    List<Long> dims(String name, int rankMax) throws InvalidMemberException {
        var value = value(name);
        if (!(value instanceof List<?> list) || list.size() > rankMax) {
            throw wrong(name, value, "a list of at most " + rankMax + " dimensions");
        }
        var dims = new ArrayList<Long>();
        for (var element : list) {
            if (!(element instanceof Integer dim) || dim < -1) {
                throw wrong(name, value, "dimensions of -1 (any) or more");
            }
            dims.add(dim.longValue());
        }
        return dims;
    }

    @Nullable
    String optionalString(String name) throws InvalidMemberException {
        var value = value(name);
        if (value == null) {
            return null;
        }
        if (value instanceof String string && !string.isBlank()) {
            return string;
        }
        throw wrong(name, value, "a text");
    }

    @Nullable
    String optionalOneOf(String name, String... allowed) throws InvalidMemberException {
        return value(name) == null ? null : oneOf(name, "", allowed);
    }

    String string(String name, String standard) throws InvalidMemberException {
        var value = optionalString(name);
        return value == null ? standard : value;
    }

    String oneOf(String name, String standard, String... allowed) throws InvalidMemberException {
        var value = string(name, standard);
        if (!List.of(allowed).contains(value)) {
            throw wrong(name, value, "one of " + List.of(allowed));
        }
        return value;
    }

    boolean bool(String name, boolean standard) throws InvalidMemberException {
        var value = value(name);
        if (value == null) {
            return standard;
        }
        if (value instanceof Boolean bool) {
            return bool;
        }
        throw wrong(name, value, "true or false");
    }

    int integer(String name, int standard, int min, int max) throws InvalidMemberException {
        var value = value(name);
        if (value == null) {
            return standard;
        }
        if (value instanceof Integer number && number >= min && number <= max) {
            return number;
        }
        throw wrong(name, value, min + ".." + max);
    }

    double number(String name, double standard, double min, double max) throws InvalidMemberException {
        var value = value(name);
        return value == null ? standard : number(name, value, min, max);
    }

    List<Double> numbers(String name, List<Double> standard, int sizeMin, int sizeMax, double min, double max)
            throws InvalidMemberException {
        var value = value(name);
        if (value == null) {
            return standard;
        }
        if (value instanceof Number) {
            return List.of(number(name, value, min, max));
        }
        if (!(value instanceof List<?> list) || list.size() < sizeMin || list.size() > sizeMax || list.size() == 2) {
            throw wrong(name, value, "one number or three");
        }
        var numbers = new ArrayList<Double>();
        for (var element : list) {
            numbers.add(number(name, element, min, max));
        }
        return numbers;
    }

    List<String> strings(String name, int sizeMax) throws InvalidMemberException {
        var value = value(name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list) || list.size() > sizeMax) {
            throw wrong(name, value, "a list of at most " + sizeMax + " texts");
        }
        var strings = new ArrayList<String>();
        for (var element : list) {
            if (!(element instanceof String || element instanceof Number || element instanceof Boolean)) {
                throw wrong(name, value, "a list of texts");
            }
            strings.add(String.valueOf(element));
        }
        return strings;
    }

    /// Refuses members that no other method asked for.
    void checkAllRead() throws InvalidMemberException {
        for (var key : values.keySet()) {
            if (!(key instanceof String name) || !read.contains(name)) {
                throw new InvalidMemberException(at(String.valueOf(key)) + ": unknown member (expected: some of "
                        + read.stream().sorted().toList() + ")");
            }
        }
    }

    private double number(String name, @Nullable Object value, double min, double max) throws InvalidMemberException {
        if (value instanceof Number number && number.doubleValue() >= min && number.doubleValue() <= max) {
            return number.doubleValue();
        }
        throw wrong(name, value, "a number in " + min + ".." + max);
    }

    private @Nullable Object value(String name) {
        read.add(name);
        return values.get(name);
    }

    private String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    InvalidMemberException wrong(String name, @Nullable Object value, String expected) {
        return new InvalidMemberException(at(name) + ": " + show(value) + " (expected: " + expected + ")");
    }

    private static String show(@Nullable Object value) {
        var text = String.valueOf(value);
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }

    static final class InvalidMemberException extends Exception {
        private final String detail;

        InvalidMemberException(String detail) {
            super(detail);
            this.detail = detail;
        }

        String detail() {
            return detail;
        }
    }
}
