package io.presage.worker.engine;

import io.presage.contract.state.Failure;
import org.jspecify.annotations.Nullable;

/// A version that could not be fetched, unpacked, loaded or warmed up, with the card that says why.
public final class LoadException extends Exception {
    private final transient Failure failure;

    public LoadException(Failure failure) {
        this(failure, null);
    }

    public LoadException(Failure failure, @Nullable Throwable cause) {
        super(failure.phase() + ": " + failure.cause() + ": " + failure.evidence(), cause);
        this.failure = failure;
    }

    public Failure failure() {
        return failure;
    }
}
