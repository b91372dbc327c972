package io.presage.api.shadow;

/// What came of one shadow call.
sealed interface Verdict {
    /// Both answers have the same outputs.
    ///
    /// @param isSame every number within the tolerance, everything else equal
    /// @param topChanged the greatest number of some row is in another place
    /// @param differenceMax greatest difference of two numbers; finite
    record Compared(boolean isSame, boolean topChanged, double differenceMax) implements Verdict {}

    /// Other names, datatypes or shapes, or the shadow's answer is none.
    record Mismatched() implements Verdict {}

    /// No 200 from the shadow in time.
    record Failed() implements Verdict {}

    /// Not sent, or not to be compared.
    record Dropped() implements Verdict {}
}
