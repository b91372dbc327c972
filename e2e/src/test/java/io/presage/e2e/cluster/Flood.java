package io.presage.e2e.cluster;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/// Callers of one gateway who call again and again, a few hundred times a second, whatever a limit says. What is
/// let in and what is refused by a limit is counted; anything else is a failure, until [#leave].
public final class Flood implements AutoCloseable {
    private static final int CALLERS = 2;
    private static final long PAUSE_MILLIS = 4;

    private final AtomicLong letIn = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> callers = new ArrayList<>();
    private volatile boolean stopped;

    public static Flood start(Client client, String model) {
        var flood = new Flood();
        for (int i = 0; i < CALLERS; i++) {
            flood.callers.add(Thread.ofVirtual().name("flood-" + i).start(() -> flood.call(client, model)));
        }
        return flood;
    }

    private void call(Client client, String model) {
        try {
            while (!stopped) {
                try {
                    count(client.predict(model, Map.of()));
                } catch (IOException e) {
                    if (!stopped) {
                        failures.add(e.toString());
                    }
                }
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void count(Answer answer) {
        if (answer.status() == 200) {
            letIn.incrementAndGet();
        } else if (answer.status() == 429) {
            refused.incrementAndGet();
        } else {
            failures.add(answer.status() + " " + answer.body());
        }
    }

    public long letIn() {
        return letIn.get();
    }

    public long refused() {
        return refused.get();
    }

    public List<String> failures() {
        return List.copyOf(failures);
    }

    /// From here on its gateway may be gone.
    public void leave() {
        stopped = true;
    }

    @Override
    public void close() {
        leave();
        try {
            for (var caller : callers) {
                caller.join();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
