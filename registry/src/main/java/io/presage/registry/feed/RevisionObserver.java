package io.presage.registry.feed;

/// Told after each new revision, on the listener's thread; must not block.
@FunctionalInterface
public interface RevisionObserver {
    void revisionChanged();
}
