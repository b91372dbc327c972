package io.presage.api.routes;

import io.presage.contract.state.RoutingTable;
import java.util.Comparator;
import java.util.List;

/// How a model's calls are spread over its versions: 10,000 buckets, of which each candidate owns as many of
/// the first as its weight says, and the active version the rest. The bucket of a call depends on nothing but
/// the model and its sticky key. So raising a candidate from 5 % to 10 % moves exactly those 5 %, the same key
/// stays on its side, and every gateway decides alike. Immutable; any thread.
public final class Split {
    public static final int BUCKETS = 10_000;

    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final int[] versions;
    private final int[] ends;

    private Split(int[] versions, int[] ends) {
        this.versions = versions;
        this.ends = ends;
    }

    /// `targets` weigh 10,000 together; `active` gets the last buckets.
    static Split of(List<RoutingTable.Target> targets, int active) {
        var ordered = targets.stream()
                .filter(target -> target.weightBasisPoints() > 0)
                .sorted(Comparator.comparingInt((RoutingTable.Target target) -> target.version() == active ? 1 : 0)
                        .thenComparingInt(RoutingTable.Target::version))
                .toList();
        var versions = new int[ordered.size()];
        var ends = new int[ordered.size()];
        int end = 0;
        for (int i = 0; i < versions.length; i++) {
            end += ordered.get(i).weightBasisPoints();
            versions[i] = ordered.get(i).version();
            ends[i] = end;
        }
        if (end != BUCKETS) {
            throw new IllegalArgumentException("weights sum to " + end + " (expected: " + BUCKETS + ")");
        }
        return new Split(versions, ends);
    }

    int version(int bucket) {
        int i = 0;
        while (bucket >= ends[i]) {
            i++;
        }
        return versions[i];
    }

    /// 0..9999. FNV-1a over the model, a separator that no name holds, and the key; then MurmurHash3's
    /// finalizer, without which short keys that differ in their last character would land close together.
    static int bucket(String model, String key) {
        long hash = mix(mix(FNV_OFFSET, model) * FNV_PRIME, key);
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        hash ^= hash >>> 33;
        return (int) Long.remainderUnsigned(hash, BUCKETS);
    }

    /// Whether a request is of the share of a model's calls that something is done with. It depends on the
    /// request's id
    /// alone, but not as the split does: or a share of 5 % would be the canary's 5 %.
    public static boolean isSampled(String model, String requestId, int basisPoints) {
        return basisPoints >= BUCKETS || bucket(model + " sample", requestId) < basisPoints;
    }

    private static long mix(long seed, String text) {
        long hash = seed;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * FNV_PRIME;
        }
        return hash;
    }
}
