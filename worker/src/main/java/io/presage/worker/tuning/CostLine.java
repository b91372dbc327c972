package io.presage.worker.tuning;

import io.presage.worker.batching.CostLine.Line;
import java.util.List;

/// milliseconds = `millisPerUnit` * units + `millisPerCall`. Neither is negative. Pure.
public record CostLine(double millisPerUnit, double millisPerCall) {
    public double millis(double units) {
        return millisPerUnit * units + millisPerCall;
    }

    /// Rows of `unitsPerRow` at which company has ceased to pay: 1..`rowsMax`.
    public int rowsThatPay(int unitsPerRow, int rowsMax) {
        double units = Line.ofMillis(millisPerUnit, millisPerCall).unitsThatPay();
        return (int) Math.clamp(Math.ceil(units / unitsPerRow), 1, rowsMax);
    }

    /// The line that is nearest to the points relative to their size (a millisecond is nothing to a run of a
    /// hundred and everything to one of two). One point says nothing of the two parts: all is the units'.
    static CostLine fit(List<Point> points) {
        if (points.isEmpty()) {
            throw new IllegalArgumentException("a line through no points (expected: at least 1)");
        }
        // Least squares of (a u + b - t) / t: weights 1 / t^2.
        double w = 0;
        double wu = 0;
        double wuu = 0;
        double wt = 0;
        double wut = 0;
        for (var point : points) {
            double weight = 1 / Math.max(1e-12, point.millis() * point.millis());
            w += weight;
            wu += weight * point.units();
            wuu += weight * point.units() * point.units();
            wt += weight * point.millis();
            wut += weight * point.units() * point.millis();
        }
        double determinant = w * wuu - wu * wu;
        if (determinant <= 1e-9 * w * wuu) {
            return new CostLine(wut / wuu, 0);
        }
        double perUnit = (w * wut - wu * wt) / determinant;
        double perCall = (wuu * wt - wu * wut) / determinant;
        if (perUnit < 0) {
            return new CostLine(0, wt / w);
        }
        return perCall < 0 ? new CostLine(wut / wuu, 0) : new CostLine(perUnit, perCall);
    }
}
