package io.presage.registry.shadows;

import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
public class ShadowConfiguration {
    @Bean
    ShadowRepository shadowRepository(JdbcClient jdbc) {
        return new ShadowRepository(jdbc);
    }

    @Bean
    ShadowService shadowService(
            ShadowRepository repository, ModelRepository models, ChangeLog changes, TransactionTemplate transaction) {
        return new ShadowService(repository, models, changes, transaction);
    }

    @Bean
    ShadowController shadowController(ShadowService service) {
        return new ShadowController(service);
    }
}
