package io.presage.registry.access;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/// What services prove themselves with. Never printed. Immutable; any thread.
public final class ServiceSecret {
    private static final int CHARS_MIN = 32;

    private final byte[] secret;

    private ServiceSecret(String secret) {
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
    }

    /// Exactly one of the two is to be given.
    ///
    /// @throws IllegalArgumentException when neither or both are, or when it is too short
    public static ServiceSecret of(@Nullable String text, @Nullable Path file) {
        if ((text == null) == (file == null)) {
            throw new IllegalArgumentException("presage.service-secret: " + (text == null ? "missing" : "given twice")
                    + " (expected: exactly one of presage.service-secret and presage.service-secret-file)");
        }
        var secret = text == null ? read(java.util.Objects.requireNonNull(file, "checked above")) : text;
        if (secret.length() < CHARS_MIN) {
            throw new IllegalArgumentException("presage.service-secret: " + secret.length()
                    + " characters (expected: at least " + CHARS_MIN + ")");
        }
        return new ServiceSecret(secret);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "presage.service-secret-file: " + file + " cannot be read (expected: a readable file)", e);
        }
    }

    /// Takes the same time wherever the two differ.
    boolean matches(@Nullable String sent) {
        return sent != null && MessageDigest.isEqual(secret, sent.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return "ServiceSecret";
    }
}
