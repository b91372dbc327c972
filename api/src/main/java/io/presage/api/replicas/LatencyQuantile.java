package io.presage.api.replicas;

/// A high quantile of the latest durations: a histogram with four buckets an octave, halved every thousand
/// values, so that it follows. Not thread-safe: whoever owns it guards it.
final class LatencyQuantile {
    private static final int PER_OCTAVE = 4;
    private static final int OCTAVES = 40;
    private static final int HALVED_AT = 1000;
    private static final int VALUES_MIN = 20;

    private final int[] counts = new int[OCTAVES * PER_OCTAVE];
    private int total;

    void add(long nanos) {
        counts[bucket(nanos)]++;
        total++;
        if (total >= HALVED_AT) {
            total = 0;
            for (int i = 0; i < counts.length; i++) {
                counts[i] /= 2;
                total += counts[i];
            }
        }
    }

    /// Nanoseconds that `share` of the values do not exceed, rounded up to the end of a bucket; -1 while there
    /// are too few of them.
    long at(double share) {
        if (total < VALUES_MIN) {
            return -1;
        }
        int below = counts[0];
        int bucket = 0;
        while (bucket < counts.length - 1 && below < share * total) {
            bucket++;
            below += counts[bucket];
        }
        int octave = bucket / PER_OCTAVE + 2;
        return (long) (PER_OCTAVE + bucket % PER_OCTAVE + 1) << (octave - 2);
    }

    /// The octave, and the two bits below its leading one.
    private static int bucket(long nanos) {
        long value = Math.clamp(nanos, PER_OCTAVE, (1L << OCTAVES + 1) - 1);
        int octave = Long.SIZE - 1 - Long.numberOfLeadingZeros(value);
        return (octave - 2) * PER_OCTAVE + (int) (value >>> octave - 2 & PER_OCTAVE - 1);
    }
}
