package io.presage.registry.workers;

import io.presage.contract.state.Report;
import java.time.Instant;
import java.util.List;

/// A worker as the control API shows it.
record WorkerView(
        String id,
        boolean live,
        boolean draining,
        String host,
        int port,
        long memoryBytesMax,
        long memoryBytesUsed,
        long appliedRevision,
        Instant firstSeen,
        Instant lastSeen,
        List<Report.Device> devices,
        List<Report.Slot> slots) {}
