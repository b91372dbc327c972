package io.presage.worker.tasks;

/// Scales one axis: each target pixel is the mean of the source under it, with partly covered pixels counted in
/// part. Made smaller, that is area averaging and drops nothing; made larger, the window is one source pixel
/// wide, which is exactly linear interpolation. Pure; any thread.
final class Resize {
    private final int[] first;
    private final float[][] weights;

    Resize(int source, int target) {
        first = new int[target];
        weights = new float[target][];
        double scale = (double) source / target;
        double window = Math.max(1, scale);
        for (int i = 0; i < target; i++) {
            double centre = (i + 0.5) * scale;
            double from = Math.max(0, centre - window / 2);
            double to = Math.min(source, centre + window / 2);
            int start = (int) from;
            int end = Math.min(source, (int) Math.ceil(to));
            float[] part = new float[end - start];
            for (int k = start; k < end; k++) {
                part[k - start] = (float) ((Math.min(to, k + 1) - Math.max(from, k)) / (to - from));
            }
            first[i] = start;
            weights[i] = part;
        }
    }

    /// `source` is interleaved, `stride` values apart from one pixel to the next along this axis.
    float at(int target, float[] source, int offset, int stride) {
        float sum = 0;
        float[] part = weights[target];
        int at = offset + first[target] * stride;
        for (float weight : part) {
            sum += weight * source[at];
            at += stride;
        }
        return sum;
    }
}
