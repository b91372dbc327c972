package io.presage.registry.derivation;

import io.presage.registry.artifacts.ArtifactStore;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import io.presage.registry.validation.ValidationProperties;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
public class DerivationConfiguration {
    /// One at a time: it takes a worker's cores and memory beside its calls.
    private static final int PER_WORKER_MAX = 1;

    @Bean
    DerivationRepository derivationRepository(JdbcClient jdbc) {
        return new DerivationRepository(jdbc);
    }

    @Bean
    DerivationService derivationService(
            DerivationRepository repository,
            ModelRepository models,
            ArtifactStore artifacts,
            ChangeLog changes,
            TransactionTemplate transaction,
            ValidationProperties properties,
            RandomGenerator random) {
        var hex = HexFormat.of();
        return new DerivationService(
                new DerivationService.Stores(repository, models, artifacts),
                changes,
                transaction,
                new ValidationProperties(properties.attemptsMax(), properties.timeout(), PER_WORKER_MAX),
                () -> hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong()));
    }

    @Bean
    DerivationController derivationController(DerivationService service) {
        return new DerivationController(service);
    }
}
