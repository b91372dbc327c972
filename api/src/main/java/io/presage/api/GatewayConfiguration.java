package io.presage.api;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.api.cache.ResponseCache;
import io.presage.api.feed.SnapshotFile;
import io.presage.api.feed.SnapshotWriter;
import io.presage.api.feed.StateClient;
import io.presage.api.feed.TableFeed;
import io.presage.api.forward.Retries;
import io.presage.api.grpc.GrpcApi;
import io.presage.api.http.PublicPort;
import io.presage.api.http.TlsKeys;
import io.presage.api.infer.GatewayMetrics;
import io.presage.api.infer.Loads;
import io.presage.api.infer.PublicApi;
import io.presage.api.infer.WaitingSpace;
import io.presage.api.limits.Bodies;
import io.presage.api.limits.BodyBudget;
import io.presage.api.limits.LimitMetrics;
import io.presage.api.limits.RateLimits;
import io.presage.api.limits.SliceClient;
import io.presage.api.limits.SliceFeed;
import io.presage.api.replicas.Replicas;
import io.presage.api.replicas.Targets;
import io.presage.api.routes.Routes;
import io.presage.api.routes.RoutingIndex;
import io.presage.api.shadow.ReportClient;
import io.presage.api.shadow.ShadowLoop;
import io.presage.api.shadow.ShadowReports;
import io.presage.api.shadow.ShadowTally;
import io.presage.api.shadow.Shadows;
import io.presage.hosting.ServiceProperties;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Builds the features and hands them their clock and their chance.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({GatewayProperties.class, ServiceProperties.class})
class GatewayConfiguration {
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    @Bean
    Routes routes(MeterRegistry meters) {
        var routes = new Routes();
        Gauge.builder("presage_gateway_table_revision", routes, GatewayConfiguration::revision)
                .description("Revision of the routing table in force; -1 before the first")
                .register(meters);
        return routes;
    }

    private static double revision(Routes routes) {
        return routes.newest().map(RoutingIndex::revision).orElse(-1L);
    }

    @Bean
    Replicas replicas(GatewayProperties properties, MeterRegistry meters) {
        return new Replicas(properties.replicas(), meters);
    }

    @Bean
    Targets targets(GatewayProperties properties, MeterRegistry meters) {
        return new Targets(properties.replicas(), properties.hedging().enabled(), meters, System::nanoTime);
    }

    @Bean
    Loads loads() {
        return new Loads(System::nanoTime);
    }

    @Bean
    WaitingSpace waitingSpace(GatewayProperties properties, Loads loads, MeterRegistry meters) {
        var space = new WaitingSpace(properties.waiting(), loads);
        Gauge.builder("presage_gateway_waiting_calls", space, WaitingSpace::calls)
                .description("Calls that wait for a version that is being loaded")
                .register(meters);
        return space;
    }

    @Bean
    GatewayMetrics gatewayMetrics(MeterRegistry meters) {
        return new GatewayMetrics(meters);
    }

    @Bean
    ResponseCache responseCache(GatewayProperties properties, MeterRegistry meters) {
        var cache =
                new ResponseCache(properties.cache().bytes(Runtime.getRuntime().maxMemory()), System::nanoTime, meters);
        Gauge.builder("presage_gateway_cache_bytes", cache, ResponseCache::bytes)
                .description("Bytes of answers that are kept")
                .register(meters);
        return cache;
    }

    @Bean
    ShadowTally shadowTally(MeterRegistry meters) {
        return new ShadowTally(meters);
    }

    @Bean
    Shadows shadows(MeterRegistry meters) {
        var shadows = new Shadows();
        Gauge.builder("presage_gateway_shadow_in_flight", shadows, Shadows::open)
                .description("Calls that are kept for a shadow, asked of it, or compared")
                .register(meters);
        return shadows;
    }

    @Bean
    ShadowLoop.Shared sharedShadows(Shadows shadows, ShadowTally tally) {
        return new ShadowLoop.Shared(shadows, tally);
    }

    @Bean
    ShadowReports shadowReports(GatewayProperties properties, ServiceProperties service, ShadowTally tally) {
        return new ShadowReports(
                tally,
                new ReportClient(properties.registryUrl(), service.secret()),
                Long.toHexString(RandomGenerator.getDefault().nextLong()),
                properties.shadow(),
                Thread::sleep);
    }

    @Bean
    RateLimits rateLimits(GatewayProperties properties, MeterRegistry meters) {
        var limits =
                new RateLimits(properties.limits(), new LimitMetrics(meters), sharedNanos(), InstantSource.system());
        Gauge.builder("presage_gateway_leases", limits, RateLimits::leases)
                .description("Limits of which this gateway has a slice")
                .register(meters);
        Gauge.builder("presage_gateway_gateways", limits, RateLimits::gateways)
                .description("Gateways that share limits, this one included")
                .register(meters);
        Gauge.builder("presage_gateway_limiters", limits, RateLimits::size)
                .description("Pairs of key and model whose rate is remembered")
                .register(meters);
        return limits;
    }

    /// Elapsed time counted from 1970, so that all gateways begin a limit's periods at the same moment. The
    /// clock is read once: steps of it later on do not disturb the limits.
    private static LongSupplier sharedNanos() {
        var now = Instant.now();
        long shift = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano() - System.nanoTime();
        return () -> System.nanoTime() + shift;
    }

    @Bean
    SliceFeed sliceFeed(GatewayProperties properties, ServiceProperties service, RateLimits limits) {
        var slices = properties.limits().slices();
        return new SliceFeed(
                limits,
                new SliceClient(properties.registryUrl(), service.secret(), slices.timeout(), JSON),
                new SliceFeed.Self(properties.id(), UUID.randomUUID().toString()),
                slices.interval(),
                System::nanoTime,
                Thread::sleep);
    }

    @Bean
    BodyBudget bodyBudget(GatewayProperties properties, MeterRegistry meters) {
        var budget = new BodyBudget(
                properties.http().bodyBytesInFlight(Runtime.getRuntime().maxMemory()));
        Gauge.builder("presage_gateway_body_bytes_in_flight", budget, BodyBudget::bytesInFlight)
                .description("Bytes of request bodies held")
                .register(meters);
        Gauge.builder("presage_gateway_body_bytes_max", budget, BodyBudget::bytesMax)
                .description("Bytes of request bodies that may be held")
                .register(meters);
        return budget;
    }

    @Bean
    TableFeed tableFeed(
            GatewayProperties properties,
            ServiceProperties service,
            Routes routes,
            Replicas replicas,
            Targets targets,
            GatewayMetrics metrics,
            ShadowTally shadows,
            ResponseCache cache,
            RateLimits limits,
            Loads loads,
            MeterRegistry meters) {
        return new TableFeed(
                new StateClient(properties.registryUrl(), properties.id(), service.secret(), properties.feed()),
                new SnapshotWriter(
                        new SnapshotFile(properties.dataDirectory(), JSON),
                        JSON,
                        properties.feed().snapshotInterval()),
                new TableFeed.TableSink(replicas, routes, index -> {
                    metrics.retain(index);
                    targets.retain(index::has);
                    limits.follow(index.limits());
                    shadows.retain(index);
                    cache.retain(index);
                    loads.follow(index);
                }),
                JSON,
                properties.feed(),
                meters,
                RandomGenerator.getDefault(),
                Thread::sleep);
    }

    @Bean
    TlsKeys tlsKeys(GatewayProperties properties, MeterRegistry meters) {
        return new TlsKeys(properties.http().tls(), meters, Thread::sleep);
    }

    @Bean
    PublicPort publicPort(
            GatewayProperties properties,
            TlsKeys keys,
            ServiceProperties service,
            Routes routes,
            RateLimits limits,
            BodyBudget budget,
            ShadowLoop.Shared shadows,
            ResponseCache cache,
            Targets targets,
            WaitingSpace waiting,
            GatewayMetrics metrics) {
        var shared = new PublicApi.Shared(
                routes,
                limits,
                new Bodies(properties.http().bodyBytesMax().toBytes(), budget),
                targets,
                waiting,
                new Retries(properties.forward(), System::nanoTime),
                metrics,
                shadows,
                cache,
                System::nanoTime,
                new PublicApi.Settings(
                        version(),
                        properties.registryUrl(),
                        service.secret(),
                        properties.deadline(),
                        properties.forward(),
                        properties.hedging(),
                        properties.registry(),
                        properties.replicas()));
        var grpc = new GrpcApi.Shared(
                routes,
                shared.bodies(),
                System::nanoTime,
                properties.grpc(),
                version(),
                properties.deadline().byDefault().toMillis());
        return new PublicPort(
                properties.http(),
                keys,
                (vertx, random) -> new GrpcApi(vertx, grpc, new PublicApi(vertx, shared, random)),
                metrics::refused,
                System::nanoTime,
                RandomGeneratorFactory.<RandomGenerator.SplittableGenerator>of("L64X128MixRandom")
                        .create());
    }

    private static String version() {
        String packaged = GatewayApplication.class.getPackage().getImplementationVersion();
        return packaged == null ? "dev" : packaged;
    }

    /// Ready once there is a table to route by, from the registry or from disk.
    @Bean
    HealthIndicator routingTable(Routes routes) {
        return () -> routes.newest()
                .map(index -> Health.up().withDetail("revision", index.revision()))
                .orElseGet(Health::outOfService)
                .build();
    }
}
