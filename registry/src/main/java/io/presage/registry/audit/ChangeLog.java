package io.presage.registry.audit;

import java.util.List;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/// Ends a change: audit rows, next revision, notification, all in the caller's transaction, so that either all
/// of it is visible or nothing. To be called last in the transaction: the revision's row is locked until it
/// ends, which puts changes in order and would else make everybody wait for the slowest. Any thread.
public final class ChangeLog {
    private final AuditRepository repository;

    ChangeLog(AuditRepository repository) {
        this.repository = repository;
    }

    /// Returns the revision from which on `changes` are in force.
    public long record(List<Change> changes) {
        requireTransaction();
        long revision = repository.nextRevision();
        for (var change : changes) {
            repository.insert(revision, Actor.current(), change);
        }
        repository.announce(revision);
        return revision;
    }

    public long record(Change change) {
        return record(List.of(change));
    }

    /// The next revision for something seen, not decided (a worker's slot became Ready): others must know it,
    /// but it is no change of what should be, so it has no audit row.
    public long observe() {
        return record(List.of());
    }

    private static void requireTransaction() {
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            throw new IllegalStateException("a change outside of a transaction. This is a bug.");
        }
    }
}
