package io.presage.registry.validation;

import io.presage.registry.audit.ChangeLog;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
public class ValidationConfiguration {
    @Bean
    ValidationRepository validationRepository(JdbcClient jdbc) {
        return new ValidationRepository(jdbc);
    }

    /// Ids are not secret: workers that answer have proved themselves; 128 bits never meet twice.
    @Bean
    ValidationService validationService(
            ValidationRepository repository,
            ChangeLog changes,
            TransactionTemplate transaction,
            ValidationProperties properties,
            RandomGenerator random) {
        var hex = HexFormat.of();
        return new ValidationService(
                repository,
                changes,
                transaction,
                properties,
                () -> hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong()));
    }

    @Bean
    ValidationController validationController(ValidationService service) {
        return new ValidationController(service);
    }
}
