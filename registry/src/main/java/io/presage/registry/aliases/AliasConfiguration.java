package io.presage.registry.aliases;

import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import io.presage.registry.routes.PolicyService;
import io.presage.registry.routes.RouteService;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
public class AliasConfiguration {
    @Bean
    AliasRepository aliasRepository(JdbcClient jdbc) {
        return new AliasRepository(jdbc);
    }

    @Bean
    AliasService aliasService(
            AliasRepository repository,
            ModelRepository models,
            RouteService routes,
            PolicyService policies,
            ChangeLog changes,
            TransactionTemplate transaction) {
        return new AliasService(repository, models, routes, policies, changes, transaction);
    }

    @Bean
    AliasController aliasController(AliasService service) {
        return new AliasController(service);
    }
}
