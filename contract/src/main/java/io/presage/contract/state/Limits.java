package io.presage.contract.state;

import org.jspecify.annotations.Nullable;

/// How much may be called, counted in calls and in rows.
///
/// @param calls null means no limit
/// @param rows rows that the calls hold together; null means no limit
public record Limits(@Nullable Limit calls, @Nullable Limit rows) {
    public static final Limits NONE = new Limits(null, null);

    public boolean unlimited() {
        return calls == null && rows == null;
    }
}
