package io.presage.contract.state;

import java.util.List;

/// The registry's answer to a [SliceRequest].
///
/// @param gateways live ones; 0 when the registry does not know yet, because it was started a moment ago
/// @param slices one for each lease that was asked for
/// @param allowances one for each usage with a quota
public record SliceAnswer(int gateways, List<Slice> slices, List<Allowance> allowances) {
    public SliceAnswer {
        slices = slices == null ? List.of() : List.copyOf(slices);
        allowances = allowances == null ? List.of() : List.copyOf(allowances);
    }

    /// @param permits what this gateway may let in during each period; 0 or more
    public record Slice(String limit, int permits) {}

    /// @param day days since 1970-01-01 UTC
    /// @param calls that this gateway may let in before it asks again; 0 or more
    /// @param rows the same in rows
    /// @param spent the quota of the day is used up: more comes with the next day only
    public record Allowance(String tenant, long day, long calls, long rows, boolean spent) {}
}
