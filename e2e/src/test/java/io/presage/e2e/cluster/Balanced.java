package io.presage.e2e.cluster;

import java.io.IOException;
import java.net.ConnectException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/// Several gateways as a service that has all their addresses calls them: in turn, and the next one where a
/// connection is refused. Nothing else is tried again, so that whatever a gateway had begun to take and did not
/// answer fails. Any thread.
public final class Balanced implements Load.Service {
    private final List<Client> gateways;
    private final AtomicInteger turn = new AtomicInteger();

    public Balanced(List<Client> gateways) {
        this.gateways = List.copyOf(gateways);
    }

    @Override
    public Answer predict(String model) throws IOException, InterruptedException {
        int first = turn.getAndIncrement();
        for (int i = 1; i < gateways.size(); i++) {
            try {
                return gateway(first + i).predict(model, Map.of());
            } catch (ConnectException _) {
                // The next one.
            }
        }
        return gateway(first).predict(model, Map.of());
    }

    private Client gateway(int turn) {
        return gateways.get(Math.floorMod(turn, gateways.size()));
    }
}
