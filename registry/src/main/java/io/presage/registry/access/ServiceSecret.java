package io.presage.registry.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/// What services prove themselves with. Never printed. Immutable; any thread.
public final class ServiceSecret {
    private final byte[] secret;

    public ServiceSecret(String secret) {
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
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
