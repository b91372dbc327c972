package io.presage.registry.limits;

import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/// The registry's ledger on a clock of the simulation's; usage is kept in memory.
public final class SimulatedRegistry {
    private final SliceLedger ledger;
    private final Map<String, Long> used = new HashMap<>();

    public SimulatedRegistry(LongSupplier nanos) {
        this.ledger = new SliceLedger(new LimitsProperties(Duration.ofSeconds(3), Duration.ofDays(90)), nanos);
    }

    public SliceAnswer answer(SliceRequest request) {
        var slices = ledger.slices(request);
        var allowances = new ArrayList<SliceAnswer.Allowance>();
        for (var usage : request.usages()) {
            used.put(request.incarnation(), usage.calls());
            var quota = usage.quota();
            if (quota != null && quota.callsPerDay() != null) {
                long total = used.values().stream().mapToLong(Long::longValue).sum();
                long calls = ledger.allowance(
                        request.incarnation(),
                        new SliceLedger.Allowed(usage.tenant(), usage.day(), false),
                        quota.callsPerDay(),
                        total,
                        usage.heldCalls());
                allowances.add(
                        new SliceAnswer.Allowance(usage.tenant(), usage.day(), calls, 0, total >= quota.callsPerDay()));
            }
        }
        return new SliceAnswer(slices.gateways(), slices.slices(), allowances);
    }
}
