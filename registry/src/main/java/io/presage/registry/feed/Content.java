package io.presage.registry.feed;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// One reader's part of a snapshot, sent whole. Immutable by agreement: nobody writes into [#json]. Any thread.
final class Content<T> implements Dated {
    private static final JsonMapper JSON = new JsonMapper();

    private final long revision;
    private final T value;
    private final T valueWithRevision;
    private volatile byte @Nullable [] json;

    /// @param revision since when it holds
    /// @param value for comparison with the next, its own revision left at 0
    /// @param valueWithRevision what readers get
    Content(long revision, T value, T valueWithRevision) {
        this.revision = revision;
        this.value = value;
        this.valueWithRevision = valueWithRevision;
    }

    @Override
    public long revision() {
        return revision;
    }

    T value() {
        return value;
    }

    /// Made when the first asks, once for nearly all who ask.
    byte[] json() {
        var made = json;
        if (made == null) {
            made = JSON.writeValueAsBytes(valueWithRevision);
            json = made;
        }
        return made;
    }
}
