package io.presage.worker.artifacts;

import io.presage.contract.state.Failure;
import org.jspecify.annotations.Nullable;

/// A package that could not be fetched or cannot be used, with the card that says why.
public final class PackageException extends Exception {
    private final transient Failure failure;
    private final boolean isTransient;

    private PackageException(Failure failure, boolean isTransient, @Nullable Throwable cause) {
        super(failure.phase() + ": " + failure.cause() + ": " + failure.evidence(), cause);
        this.failure = failure;
        this.isTransient = isTransient;
    }

    /// The package itself is at fault: trying again changes nothing.
    static PackageException refused(String phase, String cause, String evidence, String fix) {
        return new PackageException(new Failure(phase, cause, evidence, fix), false, null);
    }

    /// The way to the package is at fault: it may be there later.
    static PackageException unreachable(String cause, String evidence, String fix, @Nullable Throwable reason) {
        return new PackageException(new Failure("fetch", cause, evidence, fix), true, reason);
    }

    public Failure failure() {
        return failure;
    }

    /// True when the same fetch may succeed later.
    public boolean isTransient() {
        return isTransient;
    }
}
