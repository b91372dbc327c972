package io.presage.worker.tuning;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// From what was measured to the setting to keep. Pure.
///
/// `throughput`: the most rows a second of all instances together. A setting of several threads a run has to be
/// clearly better, because its threads wait for each other and burn more CPU for each row; then fewer instances
/// are better than more, for they take less memory. `latency`: the quickest lone call.
/// Of the chosen setting the smallest batch that is nearly as good as its best, for larger ones only add delay; or
/// twice that where it is as good, for measuring errs by a step, and how many of those are taken is decided at run
/// time. What is best alone stays alone.
final class TuningPolicy {
    /// What is within this share of the best is as good.
    static final double EQUAL = 0.03;
    /// By how much several threads a run must be better than one for each row's CPU time to be worth it.
    static final double THREADS_GAIN_MIN = 0.30;
    /// By how much a lone call must be quicker for all threads to be taken for it.
    static final double LATENCY_GAIN_MIN = 0.05;

    private TuningPolicy() {}

    record Choice(Setting setting, int rowsMax) {}

    /// `rowsMax`: the most rows that are allowed. Where the largest batch that was measured is the best, the
    /// fitted line says how many more pay.
    static Choice choose(List<Point> points, boolean isLatency, int rowsMax) {
        if (points.isEmpty()) {
            throw new IllegalArgumentException("a choice from no points (expected: at least 1)");
        }
        Map<Setting, List<Point>> bySetting = points.stream().collect(Collectors.groupingBy(Point::setting));
        var setting = isLatency ? quickest(bySetting) : mostRows(points, bySetting.keySet());
        return new Choice(setting, Math.min(rowsMax, rows(ladder(points, setting), rowsMax)));
    }

    private static int rows(List<Point> ladder, int rowsMax) {
        var smallest = smallestGood(ladder);
        if (smallest.rows() == ladder.stream().mapToInt(Point::rows).max().orElseThrow()) {
            int more = CostLine.fit(ladder).rowsThatPay(smallest.units() / smallest.rows(), rowsMax);
            return Math.max(smallest.rows(), more);
        }
        if (smallest.rows() == 1) {
            return 1;
        }
        double enough = best(ladder) * (1 - EQUAL);
        return ladder.stream()
                .filter(point -> point.rows() <= 2 * smallest.rows() && point.rowsPerSecond() >= enough)
                .mapToInt(Point::rows)
                .max()
                .orElseThrow();
    }

    /// The smallest batch that gives nearly as many rows a second as the best.
    static Point smallestGood(List<Point> ladder) {
        double enough = best(ladder) * (1 - EQUAL);
        return ladder.stream()
                .filter(point -> point.rowsPerSecond() >= enough)
                .min(Comparator.comparingInt(Point::rows))
                .orElseThrow();
    }

    /// What batches of growing size take in this setting. Where they were measured with another number of
    /// instances only, those figures, times what the sizes that both have differ by on average.
    static List<Point> ladder(List<Point> points, Setting setting) {
        var own =
                points.stream().filter(point -> point.setting().equals(setting)).toList();
        var longest = points.stream()
                .filter(point -> point.setting().intraOpThreads() == setting.intraOpThreads())
                .collect(Collectors.groupingBy(Point::setting))
                .values()
                .stream()
                .max(Comparator.comparingInt(List::size))
                .orElseThrow();
        if (own.size() >= longest.size()) {
            return own;
        }
        double ratios = 0;
        int both = 0;
        for (var point : own) {
            for (var other : longest) {
                if (other.rows() == point.rows()) {
                    ratios += point.millis() / other.millis();
                    both++;
                }
            }
        }
        double ratio = both == 0 ? 1 : ratios / both;
        return longest.stream()
                .map(point -> new Point(setting, point.rows(), point.units(), point.millis() * ratio))
                .toList();
    }

    private static Setting mostRows(List<Point> points, Set<Setting> settings) {
        double most = settings.stream()
                .mapToDouble(setting -> worth(points, setting))
                .max()
                .orElseThrow();
        return settings.stream()
                .filter(setting -> worth(points, setting) >= most * (1 - EQUAL))
                .min(Comparator.comparingInt(Setting::intraOpThreads).thenComparingInt(Setting::instances))
                .orElseThrow();
    }

    /// By whole ladders: a setting of which fewer sizes were measured is not worse for that.
    private static double worth(List<Point> points, Setting setting) {
        return worth(setting, best(ladder(points, setting)));
    }

    static double worth(Setting setting, double rowsPerSecond) {
        return setting.intraOpThreads() == 1 ? rowsPerSecond : rowsPerSecond / (1 + THREADS_GAIN_MIN);
    }

    /// Lone calls are those of one instance; with all threads in one run a second run beside it only delays both.
    private static Setting quickest(Map<Setting, List<Point>> bySetting) {
        int fewest =
                bySetting.keySet().stream().mapToInt(Setting::instances).min().orElseThrow();
        var byThreads = bySetting.entrySet().stream()
                .filter(entry -> entry.getKey().instances() == fewest)
                .sorted(Comparator.comparingInt(entry -> entry.getKey().intraOpThreads()))
                .toList();
        int threads = 0;
        double millis = Double.MAX_VALUE;
        for (var entry : byThreads) {
            double took = lone(entry.getValue());
            if (threads == 0 || took < millis * (1 - LATENCY_GAIN_MIN)) {
                threads = entry.getKey().intraOpThreads();
                millis = took;
            }
        }
        int quickest = threads;
        // Calls that come together are quickest side by side, when a run does not take all cores by itself.
        return bySetting.entrySet().stream()
                .filter(entry -> entry.getKey().intraOpThreads() == quickest)
                .max(Comparator.comparingDouble(
                        entry -> quickest > 1 ? -entry.getKey().instances() : best(entry.getValue())))
                .orElseThrow()
                .getKey();
    }

    private static double lone(List<Point> points) {
        return points.stream()
                .min(Comparator.comparingInt(Point::rows))
                .orElseThrow()
                .millis();
    }

    static double best(List<Point> points) {
        return points.stream().mapToDouble(Point::rowsPerSecond).max().orElseThrow();
    }
}
