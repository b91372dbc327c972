package io.presage.worker.versions;

import io.presage.contract.state.Failure;
import io.presage.contract.state.SlotState;
import io.presage.worker.versions.EvictingRoom.Residents.Cleared;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who is in memory: takes in what was loaded, puts off what found no room, and lets go whom [EvictionPolicy]
/// names.
/// Guarded by the lock of [Versions].
final class Residency {
    private static final Logger log = LoggerFactory.getLogger(Residency.class);
    /// Leases come and go: that long after they were in the way it is worth another look.
    private static final long IN_USE_RETRY_NANOS = 100_000_000;

    private final Slots slots;
    private final DemandDesk desk;
    private final ThrashGuard thrashing;
    private final long residencyMinNanos;
    private final ResidencyMeters meters;
    private final LongSupplier nanos;

    Residency(Slots slots, DemandDesk desk, VersionSettings settings, ResidencyMeters meters, LongSupplier nanos) {
        this.slots = slots;
        this.desk = desk;
        this.thrashing = new ThrashGuard(settings.reloadMax().toNanos());
        this.residencyMinNanos = settings.residencyMin().toNanos();
        this.meters = meters;
        this.nanos = nanos;
    }

    /// What became of a load.
    void loaded(Slot slot, LoadOutcome<LoadedVersion> outcome, List<Runnable> answers) {
        long now = nanos.getAsLong();
        switch (outcome) {
            case LoadOutcome.Loaded<LoadedVersion>(var version) -> ready(slot, version, now, answers);
            case LoadOutcome.Failed<LoadedVersion>(var failure) -> failed(slot, failure, now);
            case LoadOutcome.Unreachable<LoadedVersion>(var failure) -> {
                if (slot.attempts() >= Retries.ATTEMPTS_MAX) {
                    failed(slot, failure, now);
                } else {
                    slot.retryAt(now + Retries.backoffNanos(slot.attempts()), now);
                    log.warn("event=fetch_retry version={} attempt={} why={}", slot.key(), slot.attempts(), failure);
                }
            }
            case LoadOutcome.NoRoom<LoadedVersion>(var full) -> {
                roomless(slot, full, now);
                desk.settle(now, answers);
            }
        }
    }

    private void ready(Slot slot, LoadedVersion version, long now, List<Runnable> answers) {
        var former = slot.former();
        if (former != null) {
            thrashing.reloaded(former.evictedNanos(), version.loadNanos(), now);
        }
        meters.loaded(former != null, version.loadNanos());
        slots.ready(slot, version, now);
        log.info(
                "event=version_ready version={} memory_bytes={} load_millis={}",
                slot.key(),
                version.served().memoryBytes(),
                version.loadNanos() / 1_000_000);
        desk.settle(now, answers);
    }

    private void failed(Slot slot, Failure failure, long now) {
        slots.failed(slot, failure, now);
        log.warn("event=version_failed version={} failure={}", slot.key(), failure);
    }

    private void roomless(Slot slot, Room.Answer.Full full, long now) {
        switch (full.why()) {
            case TOO_LARGE -> failed(slot, full.failure(), now);
            case TOO_YOUNG -> slot.roomless(full.untilNanos(), null, now);
            case THRASHING -> {
                slot.roomless(full.untilNanos(), full.failure().evidence(), now);
                log.warn("event=load_refused version={} why={}", slot.key(), full.failure());
            }
            case IN_USE -> {
                if (slot.isDormant()) {
                    slot.roomless(now + IN_USE_RETRY_NANOS, null, now);
                } else if (slot.attempts() >= Retries.ATTEMPTS_MAX) {
                    // Others may go soon; if not, it is tried again after a while like any failure.
                    failed(slot, full.failure(), now);
                } else {
                    slot.roomless(now + Retries.backoffNanos(slot.attempts()), null, now);
                }
            }
        }
    }

    /// Takes versions of together at least `bytesMissing` bytes out of service, if that is possible and sensible.
    Cleared evict(long bytesMissing, boolean isForCall) {
        long now = nanos.getAsLong();
        long open = thrashing.openNanos(now);
        if (isForCall && open - now > 0) {
            return new Cleared.Refused(Room.Why.THRASHING, open);
        }
        return switch (EvictionPolicy.decide(bytesMissing, slots.residents(), now, residencyMinNanos)) {
            case EvictionPolicy.Decision.Evict(var victims) -> new Cleared.Evicted(evict(victims, now));
            case EvictionPolicy.Decision.TooYoung(long until) -> new Cleared.Refused(Room.Why.TOO_YOUNG, until);
            case EvictionPolicy.Decision.InUse() -> new Cleared.Refused(Room.Why.IN_USE, now);
        };
    }

    /// Fewer than asked when calls have come for some.
    private List<ServedVersion> evict(List<VersionKey> victims, long now) {
        var evicted = new ArrayList<ServedVersion>();
        for (var key : victims) {
            slots.evict(key, now).ifPresent(version -> {
                evicted.add(version);
                meters.evicted();
                log.info("event=version_evicted version={} memory_bytes={}", key, version.memoryBytes());
            });
        }
        return evicted;
    }

    /// It is closed.
    void unloaded(Slot slot) {
        long now = nanos.getAsLong();
        var crash = slot.crash();
        if (crash != null) {
            failed(slot, crash, now);
        } else {
            slots.unloaded(slot.key(), now);
            log.info("event=version_unloaded version={}", slot.key());
        }
        memoryCameFree();
    }

    /// Versions that wait or failed for want of it need not wait for their turn.
    private void memoryCameFree() {
        long now = nanos.getAsLong();
        for (var slot : List.copyOf(slots.all())) {
            var failure = slot.failure();
            if (failure != null && failure.cause().equals("out-of-memory")) {
                slots.create(slot.assignment(), now);
            } else if (slot.state() == SlotState.FETCHING || slot.state() == SlotState.EVICTED) {
                slot.hurry(now);
            }
        }
    }
}
