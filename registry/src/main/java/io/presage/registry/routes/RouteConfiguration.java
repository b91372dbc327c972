package io.presage.registry.routes;

import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
public class RouteConfiguration {
    @Bean
    RouteRepository routeRepository(JdbcClient jdbc) {
        return new RouteRepository(jdbc);
    }

    @Bean
    RouteService routeService(
            RouteRepository repository, ModelRepository models, ChangeLog changes, TransactionTemplate transaction) {
        return new RouteService(repository, models, changes, transaction);
    }

    @Bean
    PolicyRepository policyRepository(JdbcClient jdbc) {
        return new PolicyRepository(jdbc);
    }

    @Bean
    PolicyService policyService(
            PolicyRepository repository, ModelRepository models, ChangeLog changes, TransactionTemplate transaction) {
        return new PolicyService(repository, models, changes, transaction);
    }

    @Bean
    PolicyController policyController(PolicyService service) {
        return new PolicyController(service);
    }

    @Bean
    RouteController routeController(RouteService service) {
        return new RouteController(service);
    }
}
