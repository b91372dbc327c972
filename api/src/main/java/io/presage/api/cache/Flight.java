package io.presage.api.cache;

import java.util.ArrayList;
import java.util.List;

/// One call that a worker answers, and those that wait for its answer. Any thread; its lock guards all.
final class Flight {
    private final List<Waiting> waiting = new ArrayList<>(0);

    private boolean landed;

    /// False when it is over.
    synchronized boolean join(Waiting call) {
        return !landed && waiting.add(call);
    }

    synchronized void leave(Waiting call) {
        waiting.remove(call);
    }

    /// Takes no more; those that waited, once.
    synchronized List<Waiting> land() {
        landed = true;
        var all = List.copyOf(waiting);
        waiting.clear();
        return all;
    }
}
