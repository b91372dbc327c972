package io.presage.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The chart and the compose file set only what the services read: a misspelt variable would be ignored in
/// silence, or stop the start.
final class SettingsTest {
    /// Read by the JVM, by Postgres' image, and by conditions of Spring Cloud Kubernetes that its metadata
    /// leaves out.
    private static final Set<String> NOT_OURS = Set.of(
            "JAVA_TOOL_OPTIONS",
            "PGDATA",
            "POSTGRES_DB",
            "POSTGRES_USER",
            "POSTGRES_PASSWORD",
            "MANAGEMENT_HEALTH_KUBERNETES_ENABLED",
            "MANAGEMENT_INFO_KUBERNETES_ENABLED");

    private static final Settings SETTINGS = Settings.onTheClassPath();

    @Test
    void chartSetsOnlyRealSettings() {
        var set = new ArrayList<String>();
        Chart.render("{gateway: {javaOptions: -Xlog:gc, tls: {secretName: tls}}}")
                .containers()
                .flatMap(container -> container.at("env").list().stream())
                .forEach(entry -> set.add(entry.at("name").text()));
        assertThat(set).contains("JAVA_TOOL_OPTIONS", "SPRING_PROFILES_ACTIVE", "GATEWAY_HTTP_TLS_CERTIFICATEFILE");
        set.removeAll(NOT_OURS);
        assertThat(SETTINGS.unknown(set)).isEmpty();
    }

    @Test
    void composeFileSetsOnlyRealSettings() {
        var set = new ArrayList<String>();
        for (var service : Yaml.read(Chart.REPOSITORY.resolve("docker-compose.yml"))
                .at("services")
                .values()) {
            set.addAll(service.at("environment").keys());
        }
        assertThat(set).contains("POSTGRES_DB", "SPRING_DATASOURCE_URL");
        set.removeAll(NOT_OURS);
        assertThat(SETTINGS.unknown(set)).isEmpty();
    }

    @Test
    void misspeltSetting_isNoticed() {
        assertThat(SETTINGS.unknown(List.of("SPRING_DATASOURCE_PASSWORD", "SPRING_DATASOURCE_PASWORD")))
                .containsExactly("SPRING_DATASOURCE_PASWORD");
    }
}
