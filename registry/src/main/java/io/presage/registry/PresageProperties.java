package io.presage.registry;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/// `presage.*`, the same in every service; an unknown key stops the start. Exactly one of the two is to be
/// given.
///
/// @param serviceSecret what services prove themselves with to each other, at least 32 characters
/// @param serviceSecretFile a file that holds it
@ConfigurationProperties(prefix = "presage", ignoreUnknownFields = false)
record PresageProperties(
        @Nullable String serviceSecret, @Nullable Path serviceSecretFile) {
    @Override
    public String toString() {
        return "PresageProperties[serviceSecretFile=" + serviceSecretFile + "]";
    }
}
