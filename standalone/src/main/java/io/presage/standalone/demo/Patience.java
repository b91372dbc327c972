package io.presage.standalone.demo;

import java.io.IOException;

/// Waits for something to become true, looking at it now and then, but not for ever.
@FunctionalInterface
public interface Patience {
    /// False when it did not become true in time.
    boolean until(Condition condition) throws IOException, InterruptedException;

    /// Something that may be looked at many times.
    @FunctionalInterface
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }
}
