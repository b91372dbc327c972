package io.presage.registry.limits;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/// Answers gateways' requests for slices and allowances. Slices need no database: with Postgres away, rates go
/// on to be shared, and quotas are counted again when it is back. Any thread.
public final class SliceService {
    private static final Duration DATABASE_PAUSE = Duration.ofSeconds(10);
    private static final Logger log = LoggerFactory.getLogger(SliceService.class);

    private final SliceLedger ledger;
    private final UsageRepository usages;
    private final TransactionTemplate transaction;
    private final LimitsProperties properties;
    private final InstantSource clock;
    private final LongSupplier nanos;
    private volatile @Nullable LocalDate forgotAt;
    private volatile boolean databaseAway;
    private volatile long awayNanos;

    SliceService(
            SliceLedger ledger,
            UsageRepository usages,
            TransactionTemplate transaction,
            LimitsProperties properties,
            InstantSource clock,
            LongSupplier nanos,
            MeterRegistry meters) {
        this.ledger = ledger;
        this.usages = usages;
        this.transaction = transaction;
        this.properties = properties;
        this.clock = clock;
        this.nanos = nanos;
        Gauge.builder("presage_registry_gateways", ledger, SliceLedger::gateways)
                .description("Gateways that share limits")
                .register(meters);
    }

    /// A day's usage that is over is counted, but gets no allowance.
    SliceAnswer answer(SliceRequest request) {
        var slices = ledger.slices(request);
        return new SliceAnswer(slices.gateways(), slices.slices(), allowances(request));
    }

    /// Without the database there are none, and it is asked again only after [#DATABASE_PAUSE]: a gateway does
    /// not wait as long as a connection's time-out.
    private List<SliceAnswer.Allowance> allowances(SliceRequest request) {
        long now = nanos.getAsLong();
        if (databaseAway && now - awayNanos < DATABASE_PAUSE.toNanos()) {
            return List.of();
        }
        var allowances = new ArrayList<SliceAnswer.Allowance>(request.usages().size());
        try {
            for (var usage : request.usages()) {
                var total = transaction.execute(_ -> {
                    usages.record(request.incarnation(), usage);
                    return usages.total(usage.tenant(), usage.day());
                });
                if (usage.quota() != null && !request.leaving()) {
                    allowances.add(allowance(request.incarnation(), usage, total));
                }
            }
            databaseAway = false;
        } catch (DataAccessException | TransactionException e) {
            if (!databaseAway) {
                log.warn("event=usage-unwritten cause=\"{}\"", e.getMessage());
            }
            awayNanos = nanos.getAsLong();
            databaseAway = true;
        }
        return allowances;
    }

    private SliceAnswer.Allowance allowance(String incarnation, SliceRequest.Usage usage, UsageRepository.Total total) {
        var quota = usage.quota();
        var callsPerDay = quota == null ? null : quota.callsPerDay();
        var rowsPerDay = quota == null ? null : quota.rowsPerDay();
        return new SliceAnswer.Allowance(
                usage.tenant(),
                usage.day(),
                allowed(incarnation, usage, false, callsPerDay, total.calls(), usage.heldCalls()),
                allowed(incarnation, usage, true, rowsPerDay, total.rows(), usage.heldRows()),
                isSpent(callsPerDay, total.calls()) || isSpent(rowsPerDay, total.rows()));
    }

    private long allowed(
            String incarnation, SliceRequest.Usage usage, boolean rows, @Nullable Long quota, long used, long held) {
        return quota == null
                ? Long.MAX_VALUE
                : ledger.allowance(
                        incarnation, new SliceLedger.Allowed(usage.tenant(), usage.day(), rows), quota, used, held);
    }

    private static boolean isSpent(@Nullable Long quota, long used) {
        return quota != null && used >= quota;
    }

    List<UsageRepository.Day> days(String tenant, int days) {
        return usages.days(tenant, days);
    }

    List<SliceLedger.LimitView> view(int max) {
        return ledger.view(max);
    }

    /// Forgets old usage, once a day.
    public void tick() {
        var today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        if (!today.equals(forgotAt)) {
            usages.forgetBefore(today.minusDays(properties.usageKept().toDays()));
            forgotAt = today;
        }
    }
}
