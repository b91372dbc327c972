package io.presage.worker.batching;

/// What a run costs: nanoseconds = a * units + b, fitted to the runs as they happen. A unit is a row, or a token
/// where rows are padded. One thread, or under its owner's lock.
///
/// Least squares of the relative error (a run of 1,000 units may be off by more than one of 4), older runs
/// forgotten exponentially: the last 50 or so count. With all runs of one size the line through them is not
/// known, only its height there: a weak pull towards the prior's `b` decides then. It weighs as much as the prior
/// tells beside the runs, if that is off by half of a run's cost and they by the usual error. A run that is off
/// by more than three times the usual error counts as off by that much:
/// a pause of the machine moves the line little, a lasting change is followed within some 20 runs.
public final class CostLine {
    private static final double SPREAD_THIN = 0.03;
    private static final double KEPT = 0.98;
    /// The prior's `b` is off by this share of a run, usually.
    private static final double PRIOR_ERROR = 0.5;
    /// The runs tell so much more of `b` than the prior.
    private static final double SURE = 4;

    /// The weight of the prior's line, in runs, until it is forgotten.
    private static final double PRIOR_RUNS = 4;

    private static final double ERROR_AT_FIRST = 0.25;
    private static final double ERROR_MIN = 0.02;

    private final Line prior;
    private Line line;
    private boolean isSure;
    private double error = ERROR_AT_FIRST;
    /// Sums over runs, weighted: 1, v = 1/units, v * v, z = nanos/units, z * v. The model is z = a + b * v.
    private double sum;

    private double sumV;
    private double sumVv;
    private double sumZ;
    private double sumZv;

    /// @param nanosPerUnit a, at least 0
    /// @param nanosPerCall b, at least 0
    public record Line(double nanosPerUnit, double nanosPerCall) {
        public static Line ofMillis(double perUnit, double perCall) {
            return new Line(perUnit * 1e6, perCall * 1e6);
        }

        /// Units of a run above which its fixed cost is spread so thin that more company saves less than 3 %;
        /// [Double#MAX_VALUE] when units cost nothing.
        public double unitsThatPay() {
            return nanosPerUnit > 0 ? nanosPerCall / (SPREAD_THIN * nanosPerUnit) : Double.MAX_VALUE;
        }

        double nanos(double units) {
            return nanosPerUnit * units + nanosPerCall;
        }
    }

    CostLine(Line prior) {
        this.prior = prior;
        this.line = prior;
    }

    Line line() {
        return line;
    }

    /// True while runs of different sizes are remembered, so that `b` is not just the prior's.
    boolean isSure() {
        return isSure;
    }

    /// A run of `units` (at least 1) has taken `nanos`.
    void ran(double units, double nanos) {
        double expected = line.nanos(units);
        double seen = nanos;
        if (expected > 0) {
            if (sum == 0) {
                count(units, expected, PRIOR_RUNS);
            }
            double most = 3 * Math.max(error, ERROR_MIN);
            double off = Math.clamp(nanos / expected - 1, -most, most);
            error += (Math.abs(off) - error) / 10;
            seen = expected * (1 + off);
        }
        sum *= KEPT;
        sumV *= KEPT;
        sumVv *= KEPT;
        sumZ *= KEPT;
        sumZv *= KEPT;
        count(units, seen, 1);
        line = fit();
    }

    private void count(double units, double nanos, double weight) {
        double v = 1 / units;
        double z = nanos / units;
        sum += weight;
        sumV += weight * v;
        sumVv += weight * v * v;
        sumZ += weight * z;
        sumZv += weight * z * v;
    }

    private Line fit() {
        double noise = Math.max(error, ERROR_MIN) / PRIOR_ERROR;
        double pull = noise * noise * sumVv / sum;
        double spread = Math.max(0, sumVv - sumV * sumV / sum);
        isSure = spread > SURE * pull;
        double b = (sumZv - sumZ * sumV / sum + pull * prior.nanosPerCall) / (spread + pull);
        double a = (sumZ - b * sumV) / sum;
        if (b < 0) {
            return new Line(sumZ / sum, 0);
        }
        if (a < 0) {
            return new Line(0, sumZv / sumVv);
        }
        return new Line(a, b);
    }
}
