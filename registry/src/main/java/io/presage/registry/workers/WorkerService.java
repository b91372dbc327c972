package io.presage.registry.workers;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Report;
import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.workers.ReportPolicy.Decision;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionTemplate;

/// Takes reports (any thread) and declares workers lost (control loop).
///
/// Nobody is called lost before workers had the time to report: after the start of this registry, and after
/// every time in which it could not reach the database, for then their reports could not be written either.
public final class WorkerService {
    private static final Logger log = LoggerFactory.getLogger(WorkerService.class);
    private static final long NEVER = Long.MIN_VALUE;

    private final WorkerRepository repository;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;
    private final WorkerProperties properties;
    private final LongSupplier nanos;
    private final Counter lost;

    /// Owned by the control loop.
    private long latestTickNanos = NEVER;

    private long graceStartNanos;

    /// As the latest tick saw it, for the gauge.
    private volatile int live;

    WorkerService(
            WorkerRepository repository,
            ChangeLog changes,
            TransactionTemplate transaction,
            WorkerProperties properties,
            LongSupplier nanos,
            MeterRegistry meters) {
        this.repository = repository;
        this.changes = changes;
        this.transaction = transaction;
        this.properties = properties;
        this.nanos = nanos;
        this.lost = Counter.builder("presage.registry.workers.lost")
                .description("Workers that were declared lost")
                .register(meters);
        meters.gauge("presage.registry.workers.live", this, service -> service.live);
    }

    /// @throws ProblemException STALE for a process that another one with the same id has replaced
    void report(Report report) {
        transaction.executeWithoutResult(_ -> {
            repository.lock(report.workerId());
            var stored = repository.find(report.workerId());
            switch (ReportPolicy.decide(
                    stored,
                    repository.slots(report.workerId()),
                    report,
                    held -> repository.isServedElsewhere(report.workerId(), held))) {
                case Decision.Late _ -> {}
                case Decision.Replaced _ ->
                    throw new ProblemException(
                            Problem.STALE,
                            "incarnation: " + report.incarnation() + " of worker " + report.workerId()
                                    + " was replaced (expected: one process a worker id)");
                case Decision.Apply apply -> apply(report, apply);
            }
        });
    }

    private void apply(Report report, Decision.Apply apply) {
        var id = report.workerId();
        if (apply.event().isPresent()) {
            repository.save(report, apply.retired());
        } else {
            repository.heartbeat(report);
        }
        repository.writeSlots(id, apply.written());
        repository.removeSlots(id, apply.removed());
        if (apply.event().isPresent()) {
            var event = apply.event().get();
            log.info("event=worker-{} worker={} host={} port={}", event, id, report.host(), report.port());
            changes.record(new Change(
                    "worker." + event,
                    "workers/" + id,
                    Map.of("host", report.host(), "port", report.port(), "incarnation", report.incarnation())));
        } else if (apply.othersMustKnow()) {
            changes.observe();
        }
    }

    /// Called by the control loop.
    public void tick() {
        long now = nanos.getAsLong();
        long silentNanos = latestTickNanos == NEVER ? Long.MAX_VALUE : now - latestTickNanos;
        boolean grace = silentNanos > properties.lostAfter().toNanos() / 2
                || now - graceStartNanos < properties.lostAfter().toNanos();
        if (silentNanos > properties.lostAfter().toNanos() / 2) {
            graceStartNanos = now;
        }
        transaction.executeWithoutResult(_ -> {
            if (repository.tryLockTick()) {
                if (!grace) {
                    lose(repository.markLost(properties.lostAfter()));
                }
                repository.forget(properties.forgetAfter());
            }
            live = repository.liveCount();
        });
        latestTickNanos = now;
    }

    private void lose(List<String> ids) {
        if (ids.isEmpty()) {
            return;
        }
        for (var id : ids) {
            log.warn("event=worker-lost worker={} silent_seconds={}", id, seconds());
        }
        lost.increment(ids.size());
        changes.record(ids.stream()
                .map(id -> new Change("worker.lost", "workers/" + id, Map.of("silentSeconds", seconds())))
                .toList());
    }

    private long seconds() {
        return TimeUnit.MILLISECONDS.toSeconds(properties.lostAfter().toMillis());
    }
}
