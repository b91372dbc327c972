package io.presage.registry.workers;

import io.micrometer.core.instrument.MeterRegistry;
import io.presage.registry.audit.ChangeLog;
import java.util.function.LongSupplier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
public class WorkerConfiguration {
    @Bean
    WorkerRepository workerRepository(JdbcClient jdbc) {
        return new WorkerRepository(jdbc);
    }

    @Bean
    WorkerService workerService(
            WorkerRepository repository,
            ChangeLog changes,
            TransactionTemplate transaction,
            WorkerProperties properties,
            LongSupplier nanos,
            MeterRegistry meters) {
        return new WorkerService(repository, changes, transaction, properties, nanos, meters);
    }

    @Bean
    ReportController reportController(WorkerService service) {
        return new ReportController(service);
    }

    @Bean
    WorkersController workersController(WorkerRepository repository) {
        return new WorkersController(repository);
    }
}
