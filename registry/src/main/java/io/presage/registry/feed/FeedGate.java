package io.presage.registry.feed;

import org.springframework.context.SmartLifecycle;

/// Lets waiting polls go first of all when the registry stops: the web server waits for its requests to end.
final class FeedGate implements SmartLifecycle {
    private final Snapshots snapshots;
    private volatile boolean running;

    FeedGate(Snapshots snapshots) {
        this.snapshots = snapshots;
    }

    @Override
    public void start() {
        snapshots.open();
        running = true;
    }

    @Override
    public void stop() {
        snapshots.close();
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
