package io.presage.e2e.chart;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.Gson;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// As much of a Kubernetes API server as Helm's `lookup` of a Secret asks for: discovery, and reading by name.
/// One for the whole test run, because Helm finds it through the KUBECONFIG that this JVM was started with; so
/// no test can reach a real cluster. Not for tests that run side by side.
final class FakeCluster {
    private static final String SECRETS = "/api/v1/namespaces/" + Chart.NAMESPACE + "/secrets/";

    private static final FakeCluster RUNNING = new FakeCluster();

    private final HttpServer server;
    private volatile Map<String, Yaml> secrets = Map.of();

    private FakeCluster() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            Files.writeString(kubeconfig(), """
                    apiVersion: v1
                    kind: Config
                    clusters: [{name: fake, cluster: {server: "http://127.0.0.1:%d"}}]
                    users: [{name: nobody, user: {}}]
                    contexts: [{name: fake, context: {cluster: fake, user: nobody}}]
                    current-context: fake
                    """.formatted(server.getAddress().getPort()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::answer);
        server.start();
    }

    /// From now on the cluster holds exactly these Secrets.
    static void holds(List<Yaml> secrets) {
        var byPath = new HashMap<String, Yaml>();
        secrets.forEach(secret -> byPath.put(SECRETS + Manifests.name(secret), secret));
        RUNNING.secrets = Map.copyOf(byPath);
    }

    private static Path kubeconfig() {
        return Path.of(Objects.requireNonNull(
                System.getenv("KUBECONFIG"), "KUBECONFIG: not set (expected: a file below target/, see e2e/pom.xml)"));
    }

    private void answer(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getPath();
        if (path.equals("/api/v1")) {
            send(
                    exchange,
                    200,
                    Map.of(
                            "kind",
                            "APIResourceList",
                            "apiVersion",
                            "v1",
                            "groupVersion",
                            "v1",
                            "resources",
                            List.of(Map.of(
                                    "name", "secrets",
                                    "singularName", "secret",
                                    "namespaced", true,
                                    "kind", "Secret",
                                    "verbs", List.of("get", "list")))));
            return;
        }
        var secret = secrets.get(path);
        if (secret == null) {
            send(
                    exchange,
                    404,
                    Map.of(
                            "kind",
                            "Status",
                            "apiVersion",
                            "v1",
                            "status",
                            "Failure",
                            "reason",
                            "NotFound",
                            "code",
                            404));
        } else {
            send(exchange, 200, Objects.requireNonNull(secret.value()));
        }
    }

    private static void send(HttpExchange exchange, int status, Object body) throws IOException {
        var bytes = new Gson().toJson(body).getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        try (var out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }
}
