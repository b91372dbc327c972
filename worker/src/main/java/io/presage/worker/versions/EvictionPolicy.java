package io.presage.worker.versions;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Which versions give their memory to another. Pure.
///
/// What an eviction is worth is the time for which nobody has asked for the version, times the bytes that it
/// frees,
/// divided by the time that bringing it back would take: least recently used, weighted by the cost of a
/// mistake, as
/// in GreedyDual-Size (Cao and Irani, 1997). The best go first until there is room, then those are spared without
/// whom there is room too. A version that calls hold, or that was loaded a moment ago, never goes: it would be
/// wanted back before it was of use.
final class EvictionPolicy {
    /// A load that took no time at all would be worth infinitely much.
    private static final long LOAD_NANOS_MIN = 100_000;

    private EvictionPolicy() {}

    /// A version in memory.
    ///
    /// @param bytes that come free
    /// @param loadNanos what it took to load it
    /// @param usedNanos when it was called last, or loaded
    /// @param sinceNanos when it became Ready
    /// @param isHeld calls hold it
    record Resident(VersionKey key, long bytes, long loadNanos, long usedNanos, long sinceNanos, boolean isHeld) {
        private double worth(long nowNanos) {
            return (double) Math.max(1, nowNanos - usedNanos) * bytes / Math.max(LOAD_NANOS_MIN, loadNanos);
        }
    }

    sealed interface Decision {
        /// Not empty; together they free what is missing.
        record Evict(List<VersionKey> victims) implements Decision {}

        /// Others are loaded so lately that they stay until `untilNanos`.
        record TooYoung(long untilNanos) implements Decision {}

        /// Calls hold the rest, or it is about to go anyway.
        record InUse() implements Decision {}
    }

    /// Whom to evict for `bytesMissing` > 0 bytes.
    static Decision decide(long bytesMissing, List<Resident> residents, long nowNanos, long residencyMinNanos) {
        var free = new ArrayList<Resident>();
        var young = new ArrayList<Resident>();
        long freeBytes = 0;
        for (var resident : residents) {
            if (resident.isHeld() || resident.bytes() <= 0) {
                continue;
            }
            if (nowNanos - resident.sinceNanos() < residencyMinNanos) {
                young.add(resident);
            } else {
                free.add(resident);
                freeBytes += resident.bytes();
            }
        }
        if (freeBytes >= bytesMissing) {
            return new Decision.Evict(victims(bytesMissing, free, nowNanos));
        }
        young.sort(Comparator.comparingLong(resident -> resident.sinceNanos() - nowNanos));
        for (var resident : young) {
            freeBytes += resident.bytes();
            if (freeBytes >= bytesMissing) {
                return new Decision.TooYoung(resident.sinceNanos() + residencyMinNanos);
            }
        }
        return new Decision.InUse();
    }

    private static List<VersionKey> victims(long bytesMissing, List<Resident> free, long nowNanos) {
        free.sort(Comparator.comparingDouble((Resident resident) -> -resident.worth(nowNanos)));
        var chosen = new ArrayList<Resident>();
        long bytes = 0;
        for (var resident : free) {
            if (bytes >= bytesMissing) {
                break;
            }
            chosen.add(resident);
            bytes += resident.bytes();
        }
        for (int i = chosen.size() - 1; i >= 0; i--) {
            long without = bytes - chosen.get(i).bytes();
            if (without >= bytesMissing) {
                chosen.remove(i);
                bytes = without;
            }
        }
        return chosen.stream().map(Resident::key).toList();
    }
}
