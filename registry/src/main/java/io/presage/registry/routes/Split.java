package io.presage.registry.routes;

import org.jspecify.annotations.Nullable;

/// How calls are spread over at most two versions: the candidate has `weight` basis points, the active version
/// the rest of 10,000. [#NONE] is the split of a model that was never promoted.
///
/// @param active 0 for none
/// @param candidate 0 for none
/// @param weight 1..9999 with a candidate, else 0
record Split(int active, int candidate, int weight) {
    static final int WHOLE = 10_000;
    static final Split NONE = new Split(0, 0, 0);

    Split {
        boolean fits = candidate == 0
                ? weight == 0 && active >= 0
                : active > 0 && candidate > 0 && candidate != active && weight >= 1 && weight < WHOLE;
        if (!fits) {
            throw new IllegalStateException(
                    "split: " + active + ", " + candidate + " at " + weight + ". This is a bug.");
        }
    }

    static Split all(int version) {
        return new Split(version, 0, 0);
    }

    boolean isNone() {
        return active == 0;
    }

    boolean hasCandidate() {
        return candidate != 0;
    }

    /// True when `version` gets calls under this split.
    boolean serves(int version) {
        return version != 0 && (version == active || version == candidate);
    }

    @Nullable
    Integer activeOrNull() {
        return active == 0 ? null : active;
    }

    @Nullable
    Integer candidateOrNull() {
        return candidate == 0 ? null : candidate;
    }
}
