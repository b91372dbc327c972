package io.presage.registry.access;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Role;
import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.http.Names;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionTemplate;

/// Makes, finds and revokes keys; each command is one transaction. Any thread.
final class KeyService {
    private static final Logger log = LoggerFactory.getLogger(KeyService.class);

    private final KeyRepository repository;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;
    private final RandomGenerator random;

    /// @param random a cryptographically strong one
    KeyService(KeyRepository repository, ChangeLog changes, TransactionTemplate transaction, RandomGenerator random) {
        this.repository = repository;
        this.changes = changes;
        this.transaction = transaction;
        this.random = random;
    }

    /// @param text shown this once
    record Created(KeyText text, ApiKey key) {}

    Created create(CreateKey command) {
        var text = KeyText.generate(random);
        var key = transaction.execute(_ -> {
            if (!repository.lockTenant(command.tenantOrDefault())) {
                throw new ProblemException(
                        Problem.NOT_FOUND,
                        "tenant: " + Names.shown(command.tenantOrDefault()) + " (expected: one that exists)");
            }
            if (!repository.insert(text, command)) {
                throw new IllegalStateException("two keys with one id. This is a bug.");
            }
            changes.record(created(text.id(), command));
            return repository.find(text.id()).orElseThrow();
        });
        log.info("event=key-created key={} name=\"{}\" roles={}", text.id(), command.name(), command.roles());
        return new Created(text, key);
    }

    /// Takes the bootstrap key in as ADMIN, unless it is known; one that was revoked stays revoked.
    void accept(KeyText text) {
        var command = new CreateKey("bootstrap", Set.of(Role.ADMIN), null, null, null, null);
        transaction.executeWithoutResult(_ -> {
            if (repository.insert(text, command)) {
                changes.record(created(text.id(), command));
                log.info("event=key-created key={} name=bootstrap roles=[ADMIN]", text.id());
            } else if (repository.findBySha256(text.sha256()).isEmpty()) {
                log.warn("event=bootstrap-key-refused key={} reason=\"it was revoked\"", text.id());
            }
        });
    }

    /// Who sent this key; empty when it is unknown or revoked.
    Optional<ApiKey> authenticate(String sent) {
        return KeyText.parse(sent).map(KeyText::sha256).flatMap(repository::findBySha256);
    }

    List<ApiKey> all() {
        return repository.all();
    }

    void revoke(String id) {
        transaction.executeWithoutResult(_ -> {
            var admins = repository.lockAdmins();
            var key = inUse(id);
            if (admins.equals(Set.of(id))) {
                throw new ProblemException(
                        Problem.CONFLICT, "key: '" + id + "' is the last ADMIN key (expected: another one beside it)");
            }
            repository.revoke(id);
            changes.record(new Change("key.revoke", "keys/" + id, Map.of("name", key.name())));
        });
        log.info("event=key-revoked key={}", id);
    }

    /// What the key may do on each model from now on.
    ApiKey limits(String id, Limits limits) {
        return transaction.execute(_ -> {
            inUse(id);
            repository.setLimits(id, limits);
            changes.record(new Change("key.limits", "keys/" + id, Map.of("limits", limits)));
            return inUse(id);
        });
    }

    private ApiKey inUse(String id) {
        return repository
                .find(id)
                .orElseThrow(() -> new ProblemException(
                        Problem.NOT_FOUND, "key: " + Names.shown(id) + " (expected: the id of a key in use)"));
    }

    private static Change created(String id, CreateKey command) {
        return new Change(
                "key.create",
                "keys/" + id,
                Map.of(
                        "name",
                        command.name(),
                        "roles",
                        command.roles(),
                        "models",
                        command.modelsOrAll(),
                        "tenant",
                        command.tenantOrDefault()));
    }
}
