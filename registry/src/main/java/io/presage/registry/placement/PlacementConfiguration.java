package io.presage.registry.placement;

import io.micrometer.core.instrument.MeterRegistry;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
public class PlacementConfiguration {
    @Bean
    PlacementRepository placementRepository(JdbcClient jdbc) {
        return new PlacementRepository(jdbc);
    }

    @Bean
    PlacementService placementService(
            PlacementRepository repository,
            ModelRepository models,
            ChangeLog changes,
            TransactionTemplate transaction,
            PlacementProperties properties,
            MeterRegistry meters) {
        return new PlacementService(repository, models, changes, transaction, properties, meters);
    }

    @Bean
    DeploymentController deploymentController(PlacementService service) {
        return new DeploymentController(service);
    }
}
