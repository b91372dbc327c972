package io.presage.hosting;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/// Everything under `presage`: the secret by which services know each other, at least 32 characters. Exactly
/// one of the two is set.
///
/// @param serviceSecret the secret itself
/// @param serviceSecretFile a file that holds it; white space around it is dropped
@ConfigurationProperties(prefix = "presage", ignoreUnknownFields = false)
public record ServiceProperties(
        @Nullable String serviceSecret, @Nullable Path serviceSecretFile) {
    private static final int CHARACTERS_MIN = 32;

    /// @throws IllegalStateException in one line without the secret
    public String secret() {
        if ((serviceSecret == null) == (serviceSecretFile == null)) {
            throw new IllegalStateException(
                    "presage.service-secret: set " + (serviceSecret == null ? "neither" : "both")
                            + " (expected: exactly one of presage.service-secret and presage.service-secret-file)");
        }
        String secret = serviceSecret != null ? serviceSecret : read();
        if (secret.length() < CHARACTERS_MIN) {
            throw new IllegalStateException("presage.service-secret: " + secret.length()
                    + " characters (expected: at least " + CHARACTERS_MIN + ")");
        }
        return secret;
    }

    private String read() {
        try {
            return Files.readString(Objects.requireNonNull(serviceSecretFile)).strip();
        } catch (IOException e) {
            throw new IllegalStateException("presage.service-secret-file: cannot be read: " + e, e);
        }
    }

    @Override
    public String toString() {
        return "ServiceProperties[hidden]";
    }
}
