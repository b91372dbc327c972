package io.presage.registry.access;

import io.presage.registry.audit.ChangeLog;
import java.io.IOException;
import java.util.random.RandomGenerator;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
public class AccessConfiguration {
    @Bean
    KeyRepository keyRepository(JdbcClient jdbc) {
        return new KeyRepository(jdbc);
    }

    @Bean
    KeyService keyService(
            KeyRepository repository, ChangeLog changes, TransactionTemplate transaction, RandomGenerator random) {
        return new KeyService(repository, changes, transaction, random);
    }

    /// Before the port opens, so that whoever sees the port can use the key.
    @Bean
    InitializingBean bootstrapKey(AccessProperties properties, KeyService keys, RandomGenerator random) {
        return () -> bootstrap(properties, keys, random);
    }

    @Bean
    FilterRegistrationBean<AccessFilter> accessFilter(KeyService keys, ServiceSecret secret) {
        var registration = new FilterRegistrationBean<>(new AccessFilter(keys, secret));
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 100);
        return registration;
    }

    @Bean
    KeyController keyController(KeyService service) {
        return new KeyController(service);
    }

    private static void bootstrap(AccessProperties properties, KeyService keys, RandomGenerator random)
            throws IOException {
        if (properties.bootstrapKeyFile() != null) {
            keys.accept(new BootstrapKeyFile(properties.bootstrapKeyFile()).readOrWrite(random));
        }
    }
}
