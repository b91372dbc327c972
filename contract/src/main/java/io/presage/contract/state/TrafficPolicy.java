package io.presage.contract.state;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a route does with calls that name no version, beside splitting them.
///
/// @param sticky where the split's key is taken from when the client sends no `Presage-Sticky-Key`; null
///     means from
///     nowhere: each request for itself
/// @param rules the first that matches decides, before the split
/// @param shadow null for none
/// @param cache null for none
public record TrafficPolicy(
        @Nullable Sticky sticky,
        List<Rule> rules,
        @Nullable Shadow shadow,
        @Nullable Cache cache) {
    public static final TrafficPolicy NONE = new TrafficPolicy(null, List.of(), null, null);

    public TrafficPolicy {
        rules = List.copyOf(rules);
    }

    /// What calls of one user have in common.
    public enum By {
        HEADER,
        COOKIE,
        /// The API key's id.
        CALLER
    }

    /// @param name of the header or cookie; null for [By#CALLER]
    public record Sticky(By by, @Nullable String name) {}

    /// @param header name, its case ignored
    /// @param value compared exactly
    /// @param target a version's number or an alias
    public record Rule(String header, String value, String target) {}

    /// @param shareBasisPoints of the calls that other versions answer, 1..10000
    /// @param tolerance numbers are alike when they differ by at most this times the greater of 1 and the numbers
    /// @param inFlightMax shadow calls at once, at each gateway
    public record Shadow(int version, int shareBasisPoints, double tolerance, int inFlightMax) {}

    /// @param maxBytes of answers of this route, at each gateway
    public record Cache(long maxAgeMillis, long maxBytes) {}
}
