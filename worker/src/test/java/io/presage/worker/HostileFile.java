package io.presage.worker;

import java.util.List;

/// An upload that is to be refused, and how.
///
/// @param name of the trick
/// @param causes that are right; the first is meant
public record HostileFile(String name, byte[] bytes, String phase, List<String> causes) {
    public static HostileFile of(String name, byte[] bytes, String phase, String... causes) {
        return new HostileFile(name, bytes, phase, List.of(causes));
    }

    @Override
    public String toString() {
        return name;
    }
}
