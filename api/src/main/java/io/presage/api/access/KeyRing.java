package io.presage.api.access;

import io.presage.contract.state.Limits;
import io.presage.contract.state.RoutingTable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// All keys of one routing table by their SHA-256. Immutable; any thread.
public final class KeyRing {
    private final Map<KeyHash, Grant> grants;

    private KeyRing(Map<KeyHash, Grant> grants) {
        this.grants = grants;
    }

    /// Indexes `keys`.
    /// @throws IllegalArgumentException if a hash is not one
    public static KeyRing of(List<RoutingTable.Key> keys) {
        Map<KeyHash, Grant> grants = HashMap.newHashMap(keys.size());
        for (var key : keys) {
            grants.put(
                    KeyHash.ofHex(key.sha256()),
                    new Grant(
                            key.id(),
                            key.tenant(),
                            key.roles(),
                            key.models(),
                            new Limits(key.limit(), key.rowLimit())));
        }
        return new KeyRing(grants);
    }

    Optional<Grant> find(byte[] sha256) {
        return Optional.ofNullable(grants.get(KeyHash.of(sha256)));
    }
}
