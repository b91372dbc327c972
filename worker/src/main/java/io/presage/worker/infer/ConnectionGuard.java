package io.presage.worker.infer;

import io.vertx.core.http.HttpConnection;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Closes connections of one event loop that take too long over something: slow bytes keep no connection alive
/// here, because it is the whole head, body or answer that has a deadline. Swept once a second. For that event
/// loop.
final class ConnectionGuard {
    /// Answers that a client has not taken; one that pipelines on and on without reading is cut off there.
    private static final long UNSENT_BYTES_MAX = 8 << 20;

    private final IdentityHashMap<HttpConnection, State> connections = new IdentityHashMap<>();
    private final long headNanos;
    private final long bodyNanos;
    private final long idleNanos;

    ConnectionGuard(HttpSettings settings) {
        this.headNanos = settings.headTimeout().toNanos();
        this.bodyNanos = settings.bodyTimeout().toNanos();
        this.idleNanos = settings.idleTimeout().toNanos();
    }

    /// What one connection is at.
    static final class State {
        private long deadlineNanos;
        private boolean isBounded;
        private int unanswered;
        private long unsentBytes;
        private @Nullable Runnable onBodyLate;

        private State(long deadlineNanos) {
            this.deadlineNanos = deadlineNanos;
            this.isBounded = true;
        }
    }

    int size() {
        return connections.size();
    }

    void opened(HttpConnection connection, long nowNanos) {
        connections.put(connection, new State(nowNanos + headNanos));
    }

    void closed(HttpConnection connection) {
        connections.remove(connection);
    }

    @Nullable
    State state(HttpConnection connection) {
        return connections.get(connection);
    }

    /// False when the connection's answers pile up and it is to be closed.
    boolean headArrived(State state, long nowNanos, Runnable onBodyLate) {
        state.unanswered++;
        state.deadlineNanos = nowNanos + bodyNanos;
        state.isBounded = true;
        state.onBodyLate = onBodyLate;
        return state.unsentBytes <= UNSENT_BYTES_MAX;
    }

    void onBodyLate(State state, Runnable action) {
        state.onBodyLate = action;
    }

    /// The body is read only now: its time begins anew.
    void bodyAwaited(State state, long nowNanos) {
        state.deadlineNanos = nowNanos + bodyNanos;
        state.isBounded = true;
    }

    /// The request is complete: how long its answer takes is the call's own deadline's matter.
    void bodyArrived(State state) {
        state.isBounded = false;
        state.onBodyLate = null;
    }

    void answering(State state, long bytes, long nowNanos) {
        state.unsentBytes += bytes;
        state.deadlineNanos = nowNanos + bodyNanos;
        state.isBounded = true;
        state.onBodyLate = null;
    }

    void answered(State state, long bytes, long nowNanos) {
        state.unsentBytes -= bytes;
        if (--state.unanswered == 0) {
            state.deadlineNanos = nowNanos + idleNanos;
            state.isBounded = true;
        }
    }

    void sweep(long nowNanos) {
        List<Map.Entry<HttpConnection, State>> late = new ArrayList<>();
        for (var entry : connections.entrySet()) {
            if (entry.getValue().isBounded && entry.getValue().deadlineNanos - nowNanos <= 0) {
                late.add(entry);
            }
        }
        for (var entry : late) {
            var onBodyLate = entry.getValue().onBodyLate;
            if (onBodyLate != null) {
                entry.getValue().onBodyLate = null;
                entry.getValue().deadlineNanos = nowNanos + 1_000_000_000;
                onBodyLate.run();
            } else {
                entry.getKey().close();
            }
        }
    }
}
