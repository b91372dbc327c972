package io.presage.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.assertj.core.api.Assertions;

/// Compares a report with the text under `golden/`, byte for byte: a change of behaviour shows its numbers in
/// the diff.
public final class Golden {
    public static void check(String name, String report) {
        try (var in = Golden.class.getResourceAsStream("/golden/" + name + ".txt")) {
            String expected = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
            Assertions.assertThat(report).as("golden/%s.txt", name).isEqualTo(expected);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Golden() {}
}
