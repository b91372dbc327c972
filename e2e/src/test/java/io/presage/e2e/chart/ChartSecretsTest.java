package io.presage.e2e.chart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Secrets are made by the chart, differ between installs, and appear nowhere but in Secrets.
final class ChartSecretsTest {
    private final Manifests manifests = Chart.render("");

    @Test
    void generatedSecrets_haveTheFormsThatTheServicesAccept() {
        assertThat(decoded("demo-presage-secrets", "service-secret")).matches("[A-Za-z0-9]{48}");
        assertThat(decoded("demo-presage-secrets", "admin-key")).matches("presage_[a-z0-9]{12}_[A-Za-z0-9_-]{43}");
        assertThat(decoded("demo-presage-postgres", "password")).matches("[A-Za-z0-9]{40}");
    }

    @Test
    void generatedSecrets_differFromInstallToInstall() {
        var other = new ChartSecretsTest();
        for (var key : List.of("service-secret", "admin-key")) {
            assertThat(other.decoded("demo-presage-secrets", key)).isNotEqualTo(decoded("demo-presage-secrets", key));
        }
    }

    @Test
    void generatedSecrets_stayOverUpgradesAndUninstalls() {
        var upgraded = Chart.upgrade("gateway: {replicas: 3}", manifests.ofKind("Secret"));
        assertThat(upgraded.ofKind("Secret")).isEqualTo(manifests.ofKind("Secret"));
        for (var secret : upgraded.ofKind("Secret")) {
            assertThat(secret.at("metadata", "annotations", "helm.sh/resource-policy")
                            .value())
                    .isEqualTo("keep");
        }
    }

    @Test
    void existingSecret_isUsedAndNoneIsMade() {
        var rendered = Chart.render("secrets: {existingSecret: mine}");
        assertThat(rendered.ofKind("Secret")).extracting(Manifests::name).containsExactly("demo-presage-postgres");
        assertThat(Stream.of("gateway", "worker", "registry")
                        .map(component -> rendered.one("Deployment", "demo-presage-" + component))
                        .flatMap(workload -> Manifests.pod(workload).at("spec", "volumes").list().stream())
                        .filter(volume -> volume.at("secret").isPresent()))
                .extracting(volume -> volume.at("secret", "secretName").text())
                .containsExactly("mine", "mine", "mine");
    }

    @Test
    void noSecretIsWrittenAnywhereElse() {
        var secrets = manifests.ofKind("Secret").stream()
                .flatMap(secret -> secret.at("data").values().stream())
                .map(Yaml::text)
                .filter(value -> !decode(value).equals("presage"))
                .flatMap(value -> Stream.of(value, decode(value)))
                .toList();
        assertThat(secrets).hasSize(6);
        var elsewhere = manifests.all().stream()
                .filter(manifest -> !Manifests.kind(manifest).equals("Secret"))
                .map(manifest -> String.valueOf(manifest.value()))
                .toList();
        assertThat(elsewhere).noneMatch(text -> secrets.stream().anyMatch(text::contains));
    }

    @Test
    void variablesThatNameASecretTakeItFromOne() {
        assertThat(manifests.containers().flatMap(container -> container.at("env").list().stream()))
                .filteredOn(entry -> namesASecret(entry.at("name").text()))
                .hasSize(2)
                .allMatch(entry -> entry.at("valueFrom", "secretKeyRef").isPresent());
    }

    private static boolean namesASecret(String variable) {
        var name = variable.toLowerCase(Locale.ROOT);
        return !name.endsWith("file")
                && Stream.of("password", "secret", "token", "key").anyMatch(name::contains);
    }

    @Test
    void valuesHoldNoSecret() {
        assertThat(Chart.values().everything().flatMap(node -> node.keys().stream()))
                .noneMatch(key -> key.equals("password") || key.equals("secret") || key.equals("apiKey"));
    }

    /// Gateways and workers need no admin key.
    @Test
    void onlyTheRegistryMountsTheAdminKey() {
        for (var component : List.of("gateway", "worker")) {
            assertThat(Manifests.pod(manifests.one("Deployment", "demo-presage-" + component))
                            .at("spec", "volumes")
                            .list())
                    .filteredOn(volume -> volume.at("secret").isPresent())
                    .flatExtracting(volume -> volume.at("secret", "items").list())
                    .extracting(item -> item.at("key").text())
                    .containsExactly("service-secret");
        }
    }

    private String decoded(String secret, String key) {
        return decode(manifests.one("Secret", secret).at("data", key).text());
    }

    private static String decode(String base64) {
        return new String(Base64.getDecoder().decode(base64), UTF_8);
    }
}
