package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.hosting.ServiceProperties;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;

final class RegistryPropertiesTest {
    @Configuration
    @EnableConfigurationProperties({RegistryProperties.class, ServiceProperties.class})
    static class Binding {}

    private static RegistryProperties bound(Map<String, String> values) {
        var bound = new HashMap<String, RegistryProperties>();
        runner(values).run(context -> bound.put("it", context.getBean(RegistryProperties.class)));
        return java.util.Objects.requireNonNull(bound.get("it"));
    }

    private static ApplicationContextRunner runner(Map<String, String> values) {
        return new ApplicationContextRunner()
                .withUserConfiguration(Binding.class)
                .withInitializer(context -> context.getEnvironment()
                        .getPropertySources()
                        .addFirst(new org.springframework.core.env.MapPropertySource("given", Map.copyOf(values))));
    }

    @Test
    void defaults() {
        var properties = bound(Map.of());
        assertThat(properties.tick()).isEqualTo(Duration.ofSeconds(1));
        assertThat(properties.artifacts().directory()).isEqualTo(Path.of("data/artifacts"));
        assertThat(properties.artifacts().bytesMax()).isEqualTo(DataSize.ofGigabytes(16));
        assertThat(properties.artifacts().uploadsMax()).isEqualTo(16);
        assertThat(properties.access().bootstrapKeyFile()).isNull();
        assertThat(properties.feed().pollWait()).isEqualTo(Duration.ofSeconds(25));
        assertThat(properties.feed().pollsMax()).isEqualTo(2000);
        assertThat(properties.feed().period()).isEqualTo(Duration.ofSeconds(5));
        assertThat(properties.workers().lostAfter()).isEqualTo(Duration.ofSeconds(15));
        assertThat(properties.workers().forgetAfter()).isEqualTo(Duration.ofDays(1));
        assertThat(properties.validation().attemptsMax()).isEqualTo(3);
        assertThat(properties.validation().timeout()).isEqualTo(Duration.ofMinutes(15));
        assertThat(properties.validation().perWorkerMax()).isEqualTo(2);
        assertThat(properties.placement().overcommit()).isEqualTo(4.0);
        assertThat(properties.placement().failedMemory()).isEqualTo(Duration.ofMinutes(10));
        assertThat(properties.limits().gatewayLostAfter()).isEqualTo(Duration.ofSeconds(3));
        assertThat(properties.limits().usageKept()).isEqualTo(Duration.ofDays(90));
    }

    @Test
    void bindsEveryKey() {
        var properties = bound(Map.ofEntries(
                Map.entry("registry.tick", "2s"),
                Map.entry("registry.artifacts.directory", "/a"),
                Map.entry("registry.artifacts.bytes-max", "1MB"),
                Map.entry("registry.artifacts.uploads-max", "2"),
                Map.entry("registry.access.bootstrap-key-file", "/k"),
                Map.entry("registry.feed.poll-wait", "3s"),
                Map.entry("registry.feed.polls-max", "4"),
                Map.entry("registry.feed.period", "5s"),
                Map.entry("registry.workers.lost-after", "60s"),
                Map.entry("registry.workers.forget-after", "7d"),
                Map.entry("registry.validation.attempts-max", "8"),
                Map.entry("registry.validation.timeout", "9m"),
                Map.entry("registry.validation.per-worker-max", "10"),
                Map.entry("registry.placement.overcommit", "1.5"),
                Map.entry("registry.placement.failed-memory", "11m"),
                Map.entry("registry.limits.gateway-lost-after", "12s"),
                Map.entry("registry.limits.usage-kept", "13d")));
        assertThat(properties.toString())
                .isEqualTo("RegistryProperties[tick=PT2S, artifacts=ArtifactProperties[directory=/a,"
                        + " bytesMax=1048576B, uploadsMax=2], access=AccessProperties[bootstrapKeyFile=/k],"
                        + " feed=FeedProperties[pollWait=PT3S, pollsMax=4, period=PT5S],"
                        + " workers=WorkerProperties[lostAfter=PT1M, forgetAfter=PT168H],"
                        + " validation=ValidationProperties[attemptsMax=8, timeout=PT9M, perWorkerMax=10],"
                        + " placement=PlacementProperties[overcommit=1.5, failedMemory=PT11M],"
                        + " limits=LimitsProperties[gatewayLostAfter=PT12S, usageKept=PT312H]]");
    }

    @ParameterizedTest
    @CsvSource({
        "registry.tik, 1s, registry.tik",
        "registry.feed.polls, 1, registry.feed.polls",
        "presage.secret, x, presage.secret",
        "registry.tick, 1ms, registry.tick",
        "registry.workers.lost-after, 1s, registry.workers.lost-after",
        "registry.artifacts.uploads-max, 0, uploadsMax",
        "registry.feed.polls-max, 0, pollsMax",
        "registry.validation.timeout, 1ms, registry.validation.timeout",
        "registry.placement.overcommit, 0.5, registry.placement.overcommit",
        "registry.placement.overcommit, NaN, registry.placement.overcommit",
        "registry.placement.failed-memory, 1ms, registry.placement.failed-memory",
        "registry.limits.gateway-lost-after, 1ms, registry.limits.gateway-lost-after",
        "registry.limits.usage-kept, 1h, registry.limits.usage-kept",
    })
    void unknownKeyOrBadValue_stopsTheStartByName(String key, String value, String named) {
        runner(Map.of(key, value)).run(context -> {
            assertThat(context).hasFailed();
            assertThat(context.getStartupFailure())
                    .rootCause()
                    .satisfiesAnyOf(
                            cause -> assertThat(cause).hasMessageContaining(named),
                            cause -> assertThat(cause.toString()).contains(named));
        });
    }
}
