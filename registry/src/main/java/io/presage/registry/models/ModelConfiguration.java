package io.presage.registry.models;

import io.presage.registry.artifacts.ArtifactStore;
import io.presage.registry.audit.ChangeLog;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
public class ModelConfiguration {
    @Bean
    ModelRepository modelRepository(JdbcClient jdbc) {
        return new ModelRepository(jdbc);
    }

    @Bean
    ModelService modelService(
            ModelRepository repository, ArtifactStore artifacts, ChangeLog changes, TransactionTemplate transaction) {
        return new ModelService(repository, artifacts, changes, transaction);
    }

    @Bean
    ModelController modelController(ModelService service, ModelRepository repository) {
        return new ModelController(service, repository);
    }

    @Bean
    VersionController versionController(ModelService service, ModelRepository repository) {
        return new VersionController(service, repository);
    }
}
