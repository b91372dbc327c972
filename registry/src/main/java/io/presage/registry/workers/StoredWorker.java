package io.presage.registry.workers;

import java.util.List;

/// What the database knows of a worker.
///
/// @param retired earlier incarnations, latest first
record StoredWorker(
        String incarnation,
        long sequence,
        List<String> retired,
        boolean live,
        boolean draining,
        String host,
        int port) {
    StoredWorker {
        retired = List.copyOf(retired);
    }
}
