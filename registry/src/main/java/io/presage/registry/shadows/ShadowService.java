package io.presage.registry.shadows;

import io.presage.contract.state.ShadowReport;
import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.springframework.transaction.support.TransactionTemplate;

/// Adds up what gateways post. Any thread.
final class ShadowService {
    private static final Comparator<ShadowReport.Pair> ORDER = Comparator.comparing(ShadowReport.Pair::model)
            .thenComparingInt(ShadowReport.Pair::version)
            .thenComparingInt(ShadowReport.Pair::shadow);

    private final ShadowRepository repository;
    private final ModelRepository models;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;

    ShadowService(
            ShadowRepository repository, ModelRepository models, ChangeLog changes, TransactionTemplate transaction) {
        this.repository = repository;
        this.models = models;
        this.changes = changes;
        this.transaction = transaction;
    }

    /// A batch that was added before changes nothing. Rows are locked in one order, so that two gateways do not
    /// wait
    /// for each other.
    void add(ShadowReport report) {
        transaction.executeWithoutResult(_ -> {
            if (repository.note(report.sender(), report.batch())) {
                report.pairs().stream().sorted(ORDER).forEach(repository::add);
                repository.forgetOldReporters();
            }
        });
    }

    List<ShadowView> all(String model) {
        return transaction.execute(_ -> {
            models.requireModel(model);
            return repository.all(model);
        });
    }

    /// Begins anew.
    void clear(String model) {
        transaction.executeWithoutResult(_ -> {
            models.lock(model);
            int pairs = repository.delete(model);
            if (pairs > 0) {
                changes.record(new Change("shadows.clear", "models/" + model + "/shadows", Map.of("pairs", pairs)));
            }
        });
    }
}
