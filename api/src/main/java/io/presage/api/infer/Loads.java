package io.presage.api.infer;

import io.presage.api.routes.RoutingIndex;
import io.presage.api.routes.VersionRoute;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/// Since when this gateway knows that versions are being loaded, so that a caller who cannot wait is told what
/// is left of the load, not how long it takes as a whole. The feed's thread writes; any thread reads.
public final class Loads {
    private static final int SECONDS_MAX = 60;

    private final LongSupplier nanos;

    /// By the version's path; only those that are being loaded.
    private volatile Map<String, Long> sinceNanos = Map.of();

    public Loads(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /// Hears of every table, in their order.
    public void follow(RoutingIndex index) {
        long now = nanos.getAsLong();
        var known = sinceNanos;
        Map<String, Long> next = new HashMap<>();
        for (var model : index.models()) {
            for (var version : model.versions()) {
                if (version.loading() != null) {
                    next.put(version.path(), known.getOrDefault(version.path(), now));
                }
            }
        }
        sinceNanos = Map.copyOf(next);
    }

    /// When it is worth to ask again for a version: 1..60.
    int secondsLeft(VersionRoute route) {
        var loading = route.loading();
        if (loading == null) {
            return 1;
        }
        long now = nanos.getAsLong();
        long waitedMillis = (now - sinceNanos.getOrDefault(route.path(), now)) / 1_000_000;
        return secondsLeft(loading.expectedMillis(), waitedMillis);
    }

    /// Of a load that should be over nobody knows what is left: as long again as it is late, so that callers come
    /// back ever less often.
    static int secondsLeft(long expectedMillis, long waitedMillis) {
        long leftMillis = Math.abs(expectedMillis - waitedMillis);
        return (int) Math.clamp(Math.ceilDiv(leftMillis, 1000L), 1, SECONDS_MAX);
    }
}
