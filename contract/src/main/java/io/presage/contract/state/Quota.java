package io.presage.contract.state;

import org.jspecify.annotations.Nullable;

/// How much may be called in one day, from midnight to midnight UTC.
///
/// @param callsPerDay 1 or more; null means as many as wanted
/// @param rowsPerDay 1 or more; null means as many as wanted
public record Quota(@Nullable Long callsPerDay, @Nullable Long rowsPerDay) {
    public static final Quota NONE = new Quota(null, null);

    public Quota {
        if ((callsPerDay != null && callsPerDay < 1) || (rowsPerDay != null && rowsPerDay < 1)) {
            throw new IllegalArgumentException(
                    "quota: " + callsPerDay + " calls, " + rowsPerDay + " rows a day (expected: both at least 1)");
        }
    }

    public boolean unlimited() {
        return callsPerDay == null && rowsPerDay == null;
    }
}
