package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// In a cluster a ConfigMap configures the registry. The API server is a double that knows this one ConfigMap.
final class KubernetesConfigTest {
    private static final String CONFIG_MAP = """
            {"apiVersion": "v1", "kind": "ConfigMap",
             "metadata": {"name": "presage-registry", "namespace": "default"},
             "data": {"registry.workers.forget-after": "3d"}}""";

    private static String kubeconfig(int port) {
        return """
                apiVersion: v1
                kind: Config
                current-context: test
                clusters: [{name: test, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: test, user: {}}]
                contexts: [{name: test, context: {cluster: test, user: test, namespace: default}}]
                """.formatted(port);
    }

    @Test
    void configMap_configuresTheRegistry(@TempDir Path directory) throws Exception {
        var asked = new CopyOnWriteArrayList<String>();
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            var path = exchange.getRequestURI().getPath();
            asked.add(path);
            var list = path.endsWith("/configmaps");
            var body = (list
                            ? "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMapList\", \"items\": [" + CONFIG_MAP + "]}"
                            : CONFIG_MAP)
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            try (var out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        server.start();
        try {
            Files.writeString(
                    Path.of(System.getenv("KUBECONFIG")),
                    kubeconfig(server.getAddress().getPort()));
            try (var context = RegistryApplication.builder()
                    .run(
                            "--spring.profiles.active=kubernetes",
                            "--spring.main.cloud-platform=kubernetes",
                            "--spring.cloud.kubernetes.client.namespace=default",
                            "--server.port=0",
                            "--spring.datasource.url=" + PostgresFixture.freshDatabase(),
                            "--presage.service-secret=" + RunningRegistry.SECRET,
                            "--registry.artifacts.directory=" + directory)) {
                assertThat(asked).isNotEmpty();
                assertThat(context.getBean(RegistryProperties.class).workers().forgetAfter())
                        .isEqualTo(Duration.ofDays(3));
            }
        } finally {
            server.stop(0);
        }
    }
}
