package io.presage.registry;

import io.presage.hosting.ServiceProperties;
import io.presage.registry.access.AccessConfiguration;
import io.presage.registry.access.AccessProperties;
import io.presage.registry.access.ServiceSecret;
import io.presage.registry.aliases.AliasConfiguration;
import io.presage.registry.artifacts.ArtifactConfiguration;
import io.presage.registry.artifacts.ArtifactProperties;
import io.presage.registry.audit.AuditConfiguration;
import io.presage.registry.derivation.DerivationConfiguration;
import io.presage.registry.derivation.DerivationService;
import io.presage.registry.feed.FeedConfiguration;
import io.presage.registry.feed.FeedProperties;
import io.presage.registry.http.HttpConfiguration;
import io.presage.registry.limits.LimitsConfiguration;
import io.presage.registry.limits.LimitsProperties;
import io.presage.registry.limits.SliceService;
import io.presage.registry.models.ModelConfiguration;
import io.presage.registry.placement.PlacementConfiguration;
import io.presage.registry.placement.PlacementProperties;
import io.presage.registry.placement.PlacementService;
import io.presage.registry.routes.RouteConfiguration;
import io.presage.registry.routes.RouteService;
import io.presage.registry.shadows.ShadowConfiguration;
import io.presage.registry.validation.ValidationConfiguration;
import io.presage.registry.validation.ValidationProperties;
import io.presage.registry.validation.ValidationService;
import io.presage.registry.workers.WorkerConfiguration;
import io.presage.registry.workers.WorkerProperties;
import io.presage.registry.workers.WorkerService;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/// Puts the features together. The only place that reaches for the system's clock and randomness.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({RegistryProperties.class, ServiceProperties.class})
@Import({
    HttpConfiguration.class,
    AuditConfiguration.class,
    AccessConfiguration.class,
    ArtifactConfiguration.class,
    ModelConfiguration.class,
    RouteConfiguration.class,
    ShadowConfiguration.class,
    AliasConfiguration.class,
    PlacementConfiguration.class,
    ValidationConfiguration.class,
    DerivationConfiguration.class,
    WorkerConfiguration.class,
    LimitsConfiguration.class,
    FeedConfiguration.class
})
class RegistryConfiguration {
    /// Keys are made of it, so it is the strong one for all.
    @Bean
    RandomGenerator random() {
        return new SecureRandom();
    }

    @Bean
    LongSupplier nanos() {
        return System::nanoTime;
    }

    @Bean
    ServiceSecret serviceSecret(ServiceProperties properties) {
        return new ServiceSecret(properties.secret());
    }

    /// Lost workers first: the other decisions are about those that live.
    @Bean
    ControlLoop controlLoop(
            WorkerService workers,
            DerivationService derivation,
            ValidationService validation,
            PlacementService placement,
            RouteService routes,
            SliceService slices,
            RegistryProperties properties) {
        return new ControlLoop(
                List.of(
                        new ControlLoop.Tick("workers", workers::tick),
                        new ControlLoop.Tick("derivation", derivation::tick),
                        new ControlLoop.Tick("validation", validation::tick),
                        new ControlLoop.Tick("placement", placement::tick),
                        new ControlLoop.Tick("routes", routes::tick),
                        new ControlLoop.Tick("limits", slices::tick)),
                properties.tick());
    }

    @Bean
    ArtifactProperties artifactProperties(RegistryProperties properties) {
        return properties.artifacts();
    }

    @Bean
    AccessProperties accessProperties(RegistryProperties properties) {
        return properties.access();
    }

    @Bean
    FeedProperties feedProperties(RegistryProperties properties) {
        return properties.feed();
    }

    @Bean
    WorkerProperties workerProperties(RegistryProperties properties) {
        return properties.workers();
    }

    @Bean
    PlacementProperties placementProperties(RegistryProperties properties) {
        return properties.placement();
    }

    @Bean
    LimitsProperties limitsProperties(RegistryProperties properties) {
        return properties.limits();
    }

    @Bean
    ValidationProperties validationProperties(RegistryProperties properties) {
        return properties.validation();
    }
}
