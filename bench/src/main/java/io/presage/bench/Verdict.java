package io.presage.bench;

import java.util.Locale;

/// A bar of the product's and what was measured against it.
///
/// @param met null when it could not be measured, and `measured` says why
record Verdict(
        String bar,
        String limit,
        String measured,
        @org.jspecify.annotations.Nullable Boolean met) {
    static Verdict atMost(String bar, double limit, double measured, String unit) {
        return new Verdict(bar, "at most " + number(limit) + unit, number(measured) + unit, measured <= limit);
    }

    static Verdict atLeast(String bar, double limit, double measured, String unit) {
        return new Verdict(bar, "at least " + number(limit) + unit, number(measured) + unit, measured >= limit);
    }

    static Verdict missing(String bar, String limit, String why) {
        return new Verdict(bar, limit, why, null);
    }

    String word() {
        return met == null ? "not measured" : met ? "yes" : "**no**";
    }

    /// Two figures behind the point for ratios, fewer for larger numbers.
    private static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) >= 100) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        return String.format(Locale.ROOT, Math.abs(value) < 20 ? "%.2f" : "%,.1f", value);
    }
}
