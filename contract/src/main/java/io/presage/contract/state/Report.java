package io.presage.contract.state;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is, as one worker sees it: sent at once on every change and as a heartbeat.
///
/// @param workerId stable over restarts; `[A-Za-z0-9._-]{1,128}`
/// @param incarnation new at every start of the process
/// @param sequence grows with every report of an incarnation; an older one that arrives late is ignored
/// @param host where gateways reach its inference port
/// @param draining true once it was asked to stop: it still answers, but wants no new calls
/// @param memoryBytesMax what models may take, in bytes
/// @param memoryBytesUsed measured
/// @param appliedRevision the desired state it works on
public record Report(
        String workerId,
        String incarnation,
        long sequence,
        String host,
        int port,
        boolean draining,
        List<Device> devices,
        long memoryBytesMax,
        long memoryBytesUsed,
        long appliedRevision,
        List<Slot> slots) {
    public Report {
        devices = List.copyOf(devices);
        slots = List.copyOf(slots);
    }

    /// @param kind `cpu` or `cuda`
    public record Device(String kind, int index, String name, long memoryBytes) {}

    /// @param memoryBytes measured while it was loaded; 0 when not loaded
    /// @param failure present exactly in state FAILED
    public record Slot(
            String model,
            int version,
            SlotState state,
            long memoryBytes,
            @Nullable Failure failure) {}
}
