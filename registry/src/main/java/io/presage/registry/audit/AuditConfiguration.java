package io.presage.registry.audit;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

@Configuration(proxyBeanMethods = false)
public class AuditConfiguration {
    @Bean
    AuditRepository auditRepository(JdbcClient jdbc) {
        return new AuditRepository(jdbc);
    }

    @Bean
    ChangeLog changeLog(AuditRepository repository) {
        return new ChangeLog(repository);
    }

    @Bean
    AuditController auditController(AuditRepository repository) {
        return new AuditController(repository);
    }
}
