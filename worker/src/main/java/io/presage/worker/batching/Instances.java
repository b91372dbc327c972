package io.presage.worker.batching;

import java.util.List;

/// The instances of one version. Any thread.
public final class Instances implements AutoCloseable {
    private final List<Batcher> batchers;

    public Instances(List<Batcher> batchers) {
        if (batchers.isEmpty()) {
            throw new IllegalArgumentException("instances: 0 (expected: at least 1)");
        }
        this.batchers = List.copyOf(batchers);
    }

    /// To the instance with the fewest rows waiting and running; the call is answered by it in any case.
    public void submit(BatchCall call) {
        var shortest = batchers.getFirst();
        int load = shortest.load();
        for (int i = 1; i < batchers.size() && load > 0; i++) {
            int other = batchers.get(i).load();
            if (other < load) {
                load = other;
                shortest = batchers.get(i);
            }
        }
        shortest.submit(call);
    }

    public int queueRows() {
        int rows = 0;
        for (var batcher : batchers) {
            rows += batcher.queueRows();
        }
        return rows;
    }

    /// Runs what waits, then closes every instance.
    @Override
    public void close() {
        for (var batcher : batchers) {
            batcher.close();
        }
    }
}
