package io.presage.worker.versions;

import io.presage.contract.state.DesiredState.Assignment;
import io.presage.contract.state.Failure;
import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The slots of this worker, and the serving table that follows them. Guarded by the lock of [Versions]; the
/// table may
/// be read by anybody.
final class Slots {
    /// Versions that went lately and are "not ready" rather than "not found".
    private static final int REMEMBERED_MAX = 1000;

    private final Map<VersionKey, Slot> slots = new LinkedHashMap<>();
    private final Set<VersionKey> remembered = new LinkedHashSet<>();
    private final ServingTable table = new ServingTable();
    /// Grows with each change that a report would show.
    private long changes;

    ServingTable table() {
        return table;
    }

    long changes() {
        return changes;
    }

    void changed() {
        changes++;
    }

    Slot get(VersionKey key) {
        var slot = slots.get(key);
        if (slot == null) {
            throw new IllegalStateException(key + " has no slot. This is a bug.");
        }
        return slot;
    }

    @Nullable
    Slot find(VersionKey key) {
        return slots.get(key);
    }

    Collection<Slot> all() {
        return slots.values();
    }

    ServedVersion served(VersionKey key) {
        var served = get(key).served();
        if (served == null) {
            throw new IllegalStateException(key + " is not loaded. This is a bug.");
        }
        return served;
    }

    void create(Assignment assignment, long nowNanos) {
        var slot = new Slot(assignment, nowNanos);
        slots.put(slot.key(), slot);
        remembered.remove(slot.key());
        table.know(slot.key());
        table.remove(slot.key());
        changed();
    }

    void ready(Slot slot, LoadedVersion loaded, long nowNanos) {
        slot.ready(loaded, nowNanos);
        table.put(loaded.served());
        changed();
    }

    void failed(Slot slot, Failure failure, long nowNanos) {
        slot.failed(failure, nowNanos);
        table.remove(slot.key());
        changed();
    }

    /// Takes it out of service if nobody holds it; what is given back is to be closed.
    Optional<ServedVersion> evict(VersionKey key, long nowNanos) {
        if (!served(key).shutIfIdle()) {
            return Optional.empty();
        }
        var version = get(key).evicted(nowNanos);
        table.put(DormantVersion.of(version));
        changed();
        return Optional.of(version);
    }

    /// It takes no new calls.
    void refuse(VersionKey key) {
        served(key).shut();
        table.remove(key);
        remember(key);
        changed();
    }

    /// Takes those out of service that will never run again.
    void failBroken(long nowNanos) {
        for (var slot : slots.values()) {
            slot.broken().ifPresent(failure -> {
                slot.crashed(failure, nowNanos);
                refuse(slot.key());
            });
        }
    }

    /// Nothing is left of it in memory.
    void unloaded(VersionKey key, long nowNanos) {
        get(key).unloaded(nowNanos);
        slots.remove(key);
        table.remove(key);
        remember(key);
        changed();
    }

    /// "Not ready" rather than "not found", for a while.
    void remember(VersionKey key) {
        remembered.remove(key);
        remembered.add(key);
        table.know(key);
        if (remembered.size() > REMEMBERED_MAX) {
            var oldest = remembered.iterator();
            var gone = oldest.next();
            oldest.remove();
            if (!slots.containsKey(gone)) {
                table.forget(gone);
            }
        }
    }

    List<ReconcilePolicy.SlotView> views(Set<VersionKey> demanded) {
        var views = new ArrayList<ReconcilePolicy.SlotView>(slots.size());
        slots.forEach((key, slot) -> views.add(slot.view(demanded.contains(key))));
        return views;
    }

    /// Those that hold memory and are wanted.
    List<EvictionPolicy.Resident> residents() {
        var residents = new ArrayList<EvictionPolicy.Resident>();
        for (var slot : slots.values()) {
            var served = slot.served();
            var former = slot.former();
            if (slot.state() == SlotState.READY && served != null && former != null) {
                residents.add(new EvictionPolicy.Resident(
                        served.key(),
                        served.memoryBytes(),
                        former.loadNanos(),
                        served.usedNanos(),
                        slot.sinceNanos(),
                        served.leases() > 0));
            }
        }
        return residents;
    }

    List<Report.Slot> report() {
        return slots.values().stream().map(Slot::report).toList();
    }

    /// All states named.
    Map<SlotState, Integer> byState() {
        var counts = new EnumMap<SlotState, Integer>(SlotState.class);
        for (var state : SlotState.values()) {
            counts.put(state, 0);
        }
        for (var slot : slots.values()) {
            counts.merge(slot.state(), 1, Integer::sum);
        }
        return counts;
    }

    /// Forgets all; gives those in memory, which take no calls any more.
    List<ServedVersion> clear() {
        var served = new ArrayList<ServedVersion>();
        for (var slot : slots.values()) {
            var version = slot.served();
            if (version != null) {
                version.shut();
                served.add(version);
            }
            table.remove(slot.key());
        }
        slots.clear();
        return served;
    }
}
