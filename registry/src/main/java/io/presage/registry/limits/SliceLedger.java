package io.presage.registry.limits;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// Who holds how much of which limit, in memory: a registry that starts knows nothing, and learns from what
/// gateways say that they hold. Until as many spoke as any of them knows of, or had time to (`lostAfter`),
/// nothing grows.
///
/// A gateway is a process (its incarnation). One that is silent for `lostAfter` is lost and what it held is
/// free; one whose name was taken over by a newer process is, after a third of that. When nobody at all was heard
/// for most of that time, it was the registry that was away: then all have `lostAfter` once more to speak.
/// Everything under `lock`; any thread.
final class SliceLedger {
    private static final int GATEWAYS_MAX = 1000;

    /// @param mayUse the most that the gateway may use in a period, whatever answer reached it
    private record Hold(int permits, double wants, int mayUse) {}

    private static final class Gateway {
        private final String id;
        private final Set<String> limits = new HashSet<>();
        private final Map<Allowed, Long> allowances = new HashMap<>();
        private long seenNanos;

        private Gateway(String id) {
            this.id = id;
        }
    }

    /// One counted thing of a quota.
    record Allowed(String tenant, long day, boolean rows) {}

    /// What one gateway holds of one limit, for people.
    ///
    /// @param wanted permits a period, smoothed
    record Share(String gateway, int permits, long wanted) {}

    /// @param permits of the whole limit
    record LimitView(String limit, int permits, List<Share> gateways) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Gateway> gateways = new LinkedHashMap<>();
    private final Map<String, Map<String, Hold>> limits = new LinkedHashMap<>();
    private final long lostAfterNanos;
    private final LongSupplier nanos;
    private final long startedNanos;
    private long heardNanos;
    private long backNanos;
    private int known;
    private boolean settled;

    SliceLedger(LimitsProperties properties, LongSupplier nanos) {
        this.lostAfterNanos = properties.gatewayLostAfter().toNanos();
        this.nanos = nanos;
        this.startedNanos = nanos.getAsLong();
        this.heardNanos = startedNanos;
        this.backNanos = startedNanos - lostAfterNanos;
    }

    /// Notes what a gateway holds and wants, and says what it gets.
    /// @throws ProblemException OVERLOADED when there are too many gateways
    SliceAnswer slices(SliceRequest request) {
        lock.lock();
        try {
            long now = nanos.getAsLong();
            forgetLost(request, now);
            if (request.leaving()) {
                forget(request.incarnation());
                return new SliceAnswer(0, List.of(), List.of());
            }
            if (gateways.size() >= GATEWAYS_MAX && !gateways.containsKey(request.incarnation())) {
                throw ProblemException.retryAfter(
                        Problem.OVERLOADED, "more than " + GATEWAYS_MAX + " gateways share limits", 5);
            }
            var gateway = gateways.computeIfAbsent(request.incarnation(), _ -> new Gateway(request.gatewayId()));
            gateway.seenNanos = now;
            giveUpUnnamed(request, gateway);
            known = Math.max(known, request.gateways());
            boolean frozen = frozen(now);
            var slices = new ArrayList<SliceAnswer.Slice>(request.leases().size());
            for (var lease : request.leases()) {
                gateway.limits.add(lease.limit());
                slices.add(new SliceAnswer.Slice(lease.limit(), slice(request, lease, frozen)));
            }
            return new SliceAnswer(frozen ? 0 : gateways.size(), slices, List.of());
        } finally {
            lock.unlock();
        }
    }

    private int slice(SliceRequest request, SliceRequest.Lease lease, boolean frozen) {
        var holds = limits.computeIfAbsent(lease.limit(), _ -> new LinkedHashMap<>());
        var before = holds.get(request.incarnation());
        double wants = SlicePolicy.wants(
                before == null ? Double.NaN : before.wants(),
                lease.wanted(),
                lease.periodMillis(),
                request.elapsedMillis());
        holds.put(request.incarnation(), new Hold(lease.permits(), wants, lease.held()));
        var wanted = new double[holds.size()];
        long othersHold = 0;
        int self = 0;
        int index = 0;
        for (var hold : holds.entrySet()) {
            wanted[index] = hold.getValue().wants();
            if (hold.getKey().equals(request.incarnation())) {
                self = index;
            } else {
                othersHold += hold.getValue().mayUse();
            }
            index++;
        }
        int slice = SlicePolicy.slice(lease.permits(), lease.held(), othersHold, wanted, self, gateways.size(), frozen);
        holds.put(request.incarnation(), new Hold(lease.permits(), wants, Math.max(lease.held(), slice)));
        return slice;
    }

    /// What a gateway may use of a quota before it asks again.
    ///
    /// @param used by all gateways, as far as it was reported
    long allowance(String incarnation, Allowed what, long quota, long used, long held) {
        lock.lock();
        try {
            long others = 0;
            for (var gateway : gateways.entrySet()) {
                if (!gateway.getKey().equals(incarnation)) {
                    others += gateway.getValue().allowances.getOrDefault(what, 0L);
                }
            }
            long allowance =
                    SlicePolicy.allowance(quota, used, others, held, gateways.size(), frozen(nanos.getAsLong()));
            var gateway = gateways.get(incarnation);
            if (gateway != null) {
                gateway.allowances.keySet().removeIf(known -> known.day() < what.day() - 1);
                gateway.allowances.put(what, Math.max(held, allowance));
            }
            return allowance;
        } finally {
            lock.unlock();
        }
    }

    private boolean frozen(long now) {
        if (now - startedNanos >= lostAfterNanos || gateways.size() >= known) {
            settled = true;
        }
        return !settled;
    }

    private void forgetLost(SliceRequest request, long now) {
        // Less than all of it: the last one to be heard spoke later than the others.
        if (now - heardNanos > lostAfterNanos / 3 * 2) {
            backNanos = now;
        }
        heardNanos = now;
        boolean mayLose = now - backNanos >= lostAfterNanos;
        var lost = new ArrayList<String>();
        gateways.forEach((incarnation, gateway) -> {
            boolean replaced = gateway.id.equals(request.gatewayId()) && !incarnation.equals(request.incarnation());
            long silentNanos = now - gateway.seenNanos;
            if (replaced ? silentNanos > lostAfterNanos / 3 : mayLose && silentNanos > lostAfterNanos) {
                lost.add(incarnation);
            }
        });
        lost.forEach(this::forget);
    }

    private void forget(String incarnation) {
        var gateway = gateways.remove(incarnation);
        if (gateway != null) {
            gateway.limits.forEach(limit -> giveUp(limit, incarnation));
        }
    }

    private void giveUpUnnamed(SliceRequest request, Gateway gateway) {
        var named = HashSet.<String>newHashSet(request.leases().size());
        request.leases().forEach(lease -> named.add(lease.limit()));
        gateway.limits.removeIf(limit -> {
            if (named.contains(limit)) {
                return false;
            }
            giveUp(limit, request.incarnation());
            return true;
        });
    }

    private void giveUp(String limit, String incarnation) {
        limits.computeIfPresent(limit, (_, holds) -> {
            holds.remove(incarnation);
            return holds.isEmpty() ? null : holds;
        });
    }

    int gateways() {
        lock.lock();
        try {
            return gateways.size();
        } finally {
            lock.unlock();
        }
    }

    /// In the order of their names, at most `max`.
    List<LimitView> view(int max) {
        lock.lock();
        try {
            return limits.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .limit(max)
                    .map(limit -> new LimitView(
                            limit.getKey(),
                            limit.getValue().values().stream()
                                    .mapToInt(Hold::permits)
                                    .max()
                                    .orElse(0),
                            limit.getValue().entrySet().stream()
                                    .map(hold -> new Share(
                                            name(hold.getKey()),
                                            hold.getValue().mayUse(),
                                            Math.round(hold.getValue().wants())))
                                    .toList()))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    private String name(String incarnation) {
        var gateway = gateways.get(incarnation);
        return gateway == null ? incarnation : gateway.id;
    }
}
