package io.presage.worker.tasks;

/// Changes the rate of a sound by a low-pass filter (a sinc of 16 zero crossings on each side under a Hann
/// window), so that what the lower rate cannot hold does not fold back into it. Pure; any thread.
///
/// The two rates have a whole ratio `from/to = up / down` in lowest terms, so the result's samples fall on only
/// `down` different places between two samples of the source: each place has its taps, computed once a call.
/// Source: J. O. Smith, "Digital Audio Resampling", ccrma.stanford.edu/~jos/resample.
final class Resampler {
    private static final int ZERO_CROSSINGS = 16;

    private Resampler() {}

    static float[] resample(float[] samples, int from, int to) {
        if (from == to) {
            return samples;
        }
        int divisor = divisor(from, to);
        int up = from / divisor;
        int down = to / divisor;
        // When the rate falls, the filter's cutoff falls with it: the kernel gets wider and lower.
        double cutoff = Math.min(1.0, (double) to / from);
        int reach = (int) Math.ceil(ZERO_CROSSINGS / cutoff);
        float[] result = new float[Math.toIntExact(Math.max(1, (long) samples.length * to / from))];
        float[][] taps = new float[Math.min(down, result.length)][];
        for (int place = 0; place < taps.length; place++) {
            taps[place] = taps((double) ((long) place * up % down) / down, reach, cutoff);
        }
        for (int i = 0; i < result.length; i++) {
            int first = (int) ((long) i * up / down) - reach + 1;
            result[i] = sum(samples, first, taps[i % down]);
        }
        return result;
    }

    /// Samples before the beginning and after the end are silence.
    private static float sum(float[] samples, int first, float[] taps) {
        float sum = 0;
        int to = Math.min(taps.length, samples.length - first);
        for (int tap = Math.max(0, -first); tap < to; tap++) {
            sum += taps[tap] * samples[first + tap];
        }
        return sum;
    }

    /// Weights of the `reach` samples before and the `reach` samples after a place `fraction` past a sample.
    private static float[] taps(double fraction, int reach, double cutoff) {
        float[] taps = new float[2 * reach];
        for (int tap = 0; tap < taps.length; tap++) {
            double distance = Math.abs(tap - reach + 1 - fraction) * cutoff;
            if (distance < ZERO_CROSSINGS) {
                double x = Math.PI * distance;
                double sinc = x == 0 ? 1 : Math.sin(x) / x;
                taps[tap] = (float) (cutoff * sinc * 0.5 * (1 + Math.cos(x / ZERO_CROSSINGS)));
            }
        }
        return taps;
    }

    private static int divisor(int a, int b) {
        return b == 0 ? a : divisor(b, a % b);
    }
}
