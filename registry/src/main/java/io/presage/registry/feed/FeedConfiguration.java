package io.presage.registry.feed;

import io.micrometer.core.instrument.MeterRegistry;
import io.presage.registry.routes.PolicyRepository;
import java.sql.DriverManager;
import java.util.List;
import java.util.Properties;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
public class FeedConfiguration {
    @Bean
    Snapshots snapshots(
            JdbcClient jdbc,
            PolicyRepository policies,
            PlatformTransactionManager transactions,
            FeedProperties properties,
            MeterRegistry meters) {
        var snapshot = new TransactionTemplate(transactions);
        snapshot.setReadOnly(true);
        snapshot.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
        return new Snapshots(new SnapshotRepository(jdbc, policies, snapshot), properties, meters);
    }

    /// The listener's connection reads with a time-out of its own, so the pool's is not wanted here.
    @Bean
    RevisionListener revisionListener(
            Snapshots snapshots,
            JdbcConnectionDetails database,
            FeedProperties properties,
            List<RevisionObserver> observers) {
        return new RevisionListener(
                snapshots,
                () -> {
                    var login = new Properties();
                    setIfPresent(login, "user", database.getUsername());
                    setIfPresent(login, "password", database.getPassword());
                    login.setProperty("connectTimeout", "3");
                    login.setProperty("tcpKeepAlive", "true");
                    login.setProperty("ApplicationName", "presage-registry-listener");
                    return DriverManager.getConnection(database.getJdbcUrl(), login);
                },
                properties.period(),
                observers);
    }

    @Bean
    FeedGate feedGate(Snapshots snapshots) {
        return new FeedGate(snapshots);
    }

    @Bean
    StateController stateController(Snapshots snapshots) {
        return new StateController(snapshots);
    }

    private static void setIfPresent(Properties login, String name, @org.jspecify.annotations.Nullable String value) {
        if (value != null) {
            login.setProperty(name, value);
        }
    }
}
