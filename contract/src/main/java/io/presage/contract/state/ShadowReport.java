package io.presage.contract.state;

import java.util.List;

/// What a gateway's shadow calls have shown since its last report.
///
/// @param sender one run of a gateway
/// @param batch names the report: one that was posted twice is counted once
public record ShadowReport(String sender, String batch, List<Pair> pairs) {
    public ShadowReport {
        pairs = List.copyOf(pairs);
    }

    /// Sums over the calls of one pair of versions.
    ///
    /// @param version answered the callers
    /// @param shadow answered nobody
    /// @param same every number within the tolerance, everything else equal
    /// @param different same outputs, but a number beyond the tolerance, or a text or truth value that is
    ///     not equal
    /// @param mismatched other outputs: names, datatypes or shapes
    /// @param failed the shadow gave no 200 in time
    /// @param dropped not sent, or not compared: no room, no replica, answers too large or of another form
    /// @param topChanged of `same` and `different`: the greatest number of some row is in another place
    /// @param differenceMax greatest difference of two numbers, absolute; never NaN
    /// @param versionNanos time to the answers that were compared
    /// @param shadowNanos the same of the shadow
    public record Pair(
            String model,
            int version,
            int shadow,
            long same,
            long different,
            long mismatched,
            long failed,
            long dropped,
            long topChanged,
            double differenceMax,
            long versionNanos,
            long shadowNanos) {}
}
