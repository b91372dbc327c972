package io.presage.registry.feed;

import tools.jackson.databind.json.JsonMapper;

/// One reader's part of a snapshot. Immutable by agreement: nobody writes into [#json].
final class Content<T> {
    private static final JsonMapper JSON = new JsonMapper();

    private final long revision;
    private final T value;
    private final byte[] json;

    private Content(long revision, T value, byte[] json) {
        this.revision = revision;
        this.value = value;
        this.json = json;
    }

    /// @param revision since when it holds
    /// @param value for comparison with the next, its own revision left at 0
    /// @param valueWithRevision what readers get
    static <T> Content<T> of(long revision, T value, T valueWithRevision) {
        return new Content<>(revision, value, JSON.writeValueAsBytes(valueWithRevision));
    }

    /// Since when this holds; it stays while nothing of this reader's changes.
    long revision() {
        return revision;
    }

    T value() {
        return value;
    }

    /// Made once for all who ask.
    byte[] json() {
        return json;
    }
}
