package io.presage.worker.feed;

import io.presage.worker.versions.ValidationSink;
import java.io.IOException;

/// Where this worker learns what it should hold, and who hears of what it holds. Started and stopped by one
/// thread;
/// [#changed] by any.
public interface StateFeed extends ValidationSink, AutoCloseable {
    /// Does what must be done before the first call can be answered; may block. Called once, before [#start].
    default void beforeListening() throws InterruptedException {}

    void start() throws IOException;

    /// A report would say something new.
    void changed();

    /// One report now, on the caller's thread: the last word of a worker that stops.
    void reportNow() throws IOException, InterruptedException;

    @Override
    void close();
}
