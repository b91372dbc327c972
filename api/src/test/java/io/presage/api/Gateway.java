package io.presage.api;

import io.presage.api.http.PublicPort;
import io.presage.api.routes.Routes;
import io.presage.api.routes.RoutingIndex;
import io.presage.contract.state.Limit;
import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingTable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;

/// The real gateway on free ports, as a test sees it.
final class Gateway implements AutoCloseable {
    static final String KEY = "presage_aaaaaaaaaaaa_0123456789012345678901234567890123456789012";

    private final ConfigurableApplicationContext context;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    Gateway(int registryPort, Path data, String... settings) {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("server.port", "0");
        properties.put("server.address", "127.0.0.1");
        properties.put("gateway.http.port", "0");
        properties.put("gateway.http.host", "127.0.0.1");
        properties.put("gateway.http.stop-linger", "0s");
        properties.put("gateway.registry-url", "http://127.0.0.1:" + registryPort);
        properties.put("gateway.data-directory", data.toString());
        properties.put("gateway.feed.backoff-max", "200ms");
        properties.put("presage.service-secret", FakeRegistry.SECRET);
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            properties.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        context = GatewayApplication.builder()
                .run(properties.entrySet().stream()
                        .map(property -> "--" + property.getKey() + "=" + property.getValue())
                        .toArray(String[]::new));
    }

    /// A table of one model with one version in force on `workers`, and one key that may predict.
    static RoutingTable table(long revision, String model, int version, FakeWorker... workers) {
        return table(
                revision,
                List.of(new RoutingTable.Model(
                        model,
                        List.of(new RoutingTable.Target(version, 10_000)),
                        List.of(new RoutingTable.Version(version, ids(workers))),
                        Map.of("champion", version))),
                List.of(key(KEY, "aaaaaaaaaaaa", Set.of(Role.PREDICT), Set.of(), null)),
                workers);
    }

    static RoutingTable table(
            long revision, List<RoutingTable.Model> models, List<RoutingTable.Key> keys, FakeWorker... workers) {
        return new RoutingTable(
                revision,
                models,
                Arrays.stream(workers)
                        .map(worker -> new RoutingTable.Worker(worker.id, "127.0.0.1", worker.port()))
                        .toList(),
                keys);
    }

    static List<String> ids(FakeWorker... workers) {
        return Arrays.stream(workers).map(worker -> worker.id).toList();
    }

    static RoutingTable.Key key(String text, String id, Set<Role> roles, Set<String> models, @Nullable Limit limit) {
        return new RoutingTable.Key(id, sha256(text), roles, models, limit);
    }

    /// Of a tenant, for all models.
    static RoutingTable.Key key(String text, String id, Set<Role> roles, String tenant) {
        return new RoutingTable.Key(id, sha256(text), roles, Set.of(), null, tenant, null);
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    int port() {
        return context.getBean(PublicPort.class).port();
    }

    int managementPort() {
        return Integer.parseInt(String.valueOf(context.getEnvironment().getProperty("local.server.port")));
    }

    Gateway awaitRevision(long revision) {
        var routes = context.getBean(Routes.class);
        await(
                "revision " + revision,
                () -> routes.newest().map(RoutingIndex::revision).orElse(-1L) == revision);
        return this;
    }

    /// Polls: what is waited for happens on other threads and tells nobody.
    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain for " + what);
            }
            Thread.onSpinWait();
        }
    }

    double metric(String name, String... tags) {
        return context
                .getBean(io.micrometer.core.instrument.MeterRegistry.class)
                .find(name)
                .tags(tags)
                .meters()
                .stream()
                .flatMap(meter ->
                        java.util.stream.StreamSupport.stream(meter.measure().spliterator(), false))
                .findFirst()
                .map(io.micrometer.core.instrument.Measurement::getValue)
                .orElse(-1.0);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .timeout(Duration.ofSeconds(30))
                .header("Authorization", "Bearer " + KEY);
    }

    HttpResponse<String> infer(String model, String... headers) throws IOException, InterruptedException {
        var request = request("/v2/models/" + model + "/infer").POST(HttpRequest.BodyPublishers.ofString("{\"x\":1}"));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request);
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path).GET());
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpClient client() {
        return client;
    }

    @Override
    public void close() {
        context.close();
        client.close();
    }
}
