package io.presage.api.cache;

import io.presage.contract.state.TrafficPolicy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The answers of one model, the least recently used first. Any thread; its lock guards all and is held for a
/// look-up or a put, never
/// while bytes are copied.
final class RouteCache {
    private record Entry(Kept kept, long keptNanos) {}

    private final Map<CacheKey, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    private volatile long bytes;

    /// `maxAgeNanos` is the route's now: a shorter one counts for what is kept already.
    synchronized Optional<Kept> find(CacheKey key, long maxAgeNanos, long nowNanos) {
        var entry = entries.get(key);
        if (entry == null) {
            return Optional.empty();
        }
        if (nowNanos - entry.keptNanos() >= maxAgeNanos) {
            remove(key);
            return Optional.empty();
        }
        return Optional.of(entry.kept());
    }

    /// Keeps `kept` unless it alone is too large.
    synchronized void put(CacheKey key, Kept kept, TrafficPolicy.Cache terms, long nowNanos) {
        remove(key);
        if (kept.bytes() <= terms.maxBytes()) {
            entries.put(key, new Entry(kept, nowNanos));
            bytes += kept.bytes();
            trim(terms.maxBytes());
        }
    }

    /// Drops the least recently used until the rest is at most `bytesMax`.
    synchronized void trim(long bytesMax) {
        while (bytes > bytesMax && dropEldest()) {}
    }

    /// False when there is none.
    synchronized boolean dropEldest() {
        var eldest = entries.keySet().iterator();
        if (!eldest.hasNext()) {
            return false;
        }
        remove(eldest.next());
        return true;
    }

    /// With the lock held.
    private void remove(CacheKey key) {
        var entry = entries.remove(key);
        if (entry != null) {
            bytes -= entry.kept().bytes();
        }
    }

    long bytes() {
        return bytes;
    }
}
