package io.presage.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The gateway with a certificate out of a Secret.
final class ChartTlsTest {
    private static final String GATEWAY = "demo-presage-gateway";

    private final Manifests clear = Chart.render("");
    private final Manifests secured = Chart.render("gateway: {tls: {secretName: models-tls}}");

    private static List<Yaml> ofContainer(Manifests manifests, String what) {
        return Manifests.container(manifests.one("Deployment", GATEWAY))
                .at(what)
                .list();
    }

    private static List<Yaml> volumes(Manifests manifests) {
        return Manifests.pod(manifests.one("Deployment", GATEWAY))
                .at("spec", "volumes")
                .list();
    }

    private static Yaml port(Manifests manifests) {
        return manifests.one("Service", GATEWAY).at("spec", "ports").list().getFirst();
    }

    @Test
    void filesOfTheSecret_areWhatTheGatewayReads() {
        var mounts = ofContainer(secured, "volumeMounts").stream()
                .filter(mount -> mount.at("name").text().equals("tls"))
                .toList();
        assertThat(mounts).hasSize(1);
        var mount = mounts.getFirst();
        assertThat(mount.at("readOnly").value()).isEqualTo(true);
        var volume = volumes(secured).stream()
                .filter(one -> one.at("name").text().equals("tls"))
                .findFirst()
                .orElseThrow()
                .at("secret");
        assertThat(volume.at("secretName").text()).isEqualTo("models-tls");
        var files = volume.at("items").list().stream()
                .map(item ->
                        mount.at("mountPath").text() + "/" + item.at("path").text())
                .toList();
        var env = ofContainer(secured, "env").stream()
                .filter(entry -> entry.at("name").text().startsWith("GATEWAY_HTTP_TLS_"))
                .collect(Collectors.toMap(
                        entry -> entry.at("name").text(),
                        entry -> entry.at("value").text()));
        assertThat(env).containsOnlyKeys("GATEWAY_HTTP_TLS_CERTIFICATEFILE", "GATEWAY_HTTP_TLS_PRIVATEKEYFILE");
        assertThat(files).containsExactlyInAnyOrderElementsOf(env.values());
        assertThat(volume.at("items").list())
                .extracting(item -> item.at("key").text())
                .containsExactly("tls.crt", "tls.key");
    }

    /// The kubelet renews folders, and not files that are mounted by themselves.
    @Test
    void folderIsMountedWhole_soThatItFollowsTheSecret() {
        assertThat(ofContainer(secured, "volumeMounts"))
                .noneMatch(mount -> mount.at("subPath").isPresent());
    }

    @Test
    void serviceSaysWhatItSpeaks() {
        assertThat(port(secured).at("appProtocol").text()).isEqualTo("https");
        assertThat(port(clear).at("appProtocol").isPresent()).isFalse();
    }

    @Test
    void withoutASecret_nothingSpeaksOfTls() {
        assertThat(ofContainer(clear, "env"))
                .noneMatch(entry -> entry.at("name").text().contains("TLS"));
        assertThat(volumes(clear)).noneMatch(volume -> volume.at("name").text().equals("tls"));
    }
}
