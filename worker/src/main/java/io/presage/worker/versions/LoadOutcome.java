package io.presage.worker.versions;

import io.presage.contract.state.Failure;

/// What became of one attempt to load.
sealed interface LoadOutcome<T> {
    record Loaded<T>(T value) implements LoadOutcome<T> {}

    /// The version itself is at fault.
    record Failed<T>(Failure failure) implements LoadOutcome<T> {}

    /// The way to it was at fault; `failure` in case that this was the last attempt.
    record Unreachable<T>(Failure failure) implements LoadOutcome<T> {}

    /// It does not fit beside what is loaded now.
    record NoRoom<T>(Room.Answer.Full full) implements LoadOutcome<T> {}
}
