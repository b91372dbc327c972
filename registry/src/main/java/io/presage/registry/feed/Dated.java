package io.presage.registry.feed;

/// A reader's part of a snapshot.
interface Dated {
    /// Since when it holds; it stays while nothing of this reader's changes.
    long revision();
}
