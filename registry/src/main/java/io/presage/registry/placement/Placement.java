package io.presage.registry.placement;

import java.util.Comparator;

/// A version on a worker.
record Placement(String workerId, String model, int version) {
    static final Comparator<Placement> ORDER = Comparator.comparing(Placement::model)
            .thenComparingInt(Placement::version)
            .thenComparing(Placement::workerId);
}
