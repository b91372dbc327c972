package io.presage.registry.limits;

import io.micrometer.core.instrument.MeterRegistry;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
public class LimitsConfiguration {
    @Bean
    TenantService tenantService(
            JdbcClient jdbc, ModelRepository models, ChangeLog changes, TransactionTemplate transaction) {
        return new TenantService(new TenantRepository(jdbc), models, changes, transaction);
    }

    @Bean
    SliceService sliceService(
            JdbcClient jdbc,
            TransactionTemplate transaction,
            LimitsProperties properties,
            LongSupplier nanos,
            MeterRegistry meters) {
        return new SliceService(
                new SliceLedger(properties, nanos),
                new UsageRepository(jdbc),
                transaction,
                properties,
                InstantSource.system(),
                nanos,
                meters);
    }

    @Bean
    SliceController sliceController(SliceService service) {
        return new SliceController(service);
    }

    @Bean
    TenantController tenantController(TenantService service, SliceService slices) {
        return new TenantController(service, slices);
    }
}
