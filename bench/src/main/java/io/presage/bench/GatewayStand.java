package io.presage.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.presage.contract.http.InternalPaths;
import io.presage.contract.state.Limit;
import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingTable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;

/// The shipped gateway as a process, before a worker of the benchmark's own; what it hears from a registry comes
/// from here. One model, called with a key that has a limit. One thread.
final class GatewayStand implements AutoCloseable {
    static final String MODEL = "tumour";
    private static final String KEY = "presage_benchbench00_only-for-benchmarks";
    private static final String ID = "bench";
    private static final long POLL_MILLIS = 20_000;

    private final HttpServer registry;
    private final int port = Child.freePort();
    private final int managementPort = Child.freePort();
    private final Child child;

    private GatewayStand(Stage stage, int workerPort, List<String> flags, List<String> settings) throws IOException {
        var table = new tools.jackson.databind.json.JsonMapper().writeValueAsBytes(table(workerPort));
        registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        registry.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        registry.createContext(InternalPaths.STATE, exchange -> state(exchange, table));
        registry.start();
        child = startChild(stage.root(), stage.directory("gateway"), flags, settings);
    }

    /// @param flags of its JVM
    /// @param settings `--gateway...=...`
    static GatewayStand start(Stage stage, int workerPort, List<String> flags, String... settings) throws IOException {
        return stage.keep(new GatewayStand(stage, workerPort, flags, Arrays.asList(settings)));
    }

    private Child startChild(Path root, Path directory, List<String> flags, List<String> settings) throws IOException {
        var arguments = new ArrayList<>(List.of(
                "--server.address=127.0.0.1",
                "--server.port=" + managementPort,
                "--gateway.http.host=127.0.0.1",
                "--gateway.http.port=" + port,
                "--gateway.registry-url=http://127.0.0.1:"
                        + registry.getAddress().getPort(),
                "--gateway.data-directory=" + directory));
        arguments.addAll(settings);
        return Child.start(
                "gateway",
                directory,
                Map.of("PRESAGE_SERVICE_SECRET", RegistryStand.SECRET),
                Java.jar(flags, root.resolve("api/target/presage-api-exec.jar"), arguments));
    }

    /// Two versions share the calls, so that each has to be split.
    private static RoutingTable table(int workerPort) {
        var versions = List.of(new RoutingTable.Version(1, List.of(ID)), new RoutingTable.Version(2, List.of(ID)));
        var targets = List.of(new RoutingTable.Target(1, 9_000), new RoutingTable.Target(2, 1_000));
        return new RoutingTable(
                1,
                List.of(new RoutingTable.Model(MODEL, targets, versions, Map.of("champion", 1))),
                List.of(new RoutingTable.Worker(ID, "127.0.0.1", workerPort)),
                List.of(new RoutingTable.Key(
                        "benchbench00", sha256(KEY), Set.of(Role.PREDICT), Set.of(), new Limit(1_000_000_000, 1000))));
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// It never changes.
    private static void state(HttpExchange exchange, byte[] table) throws IOException {
        try (exchange) {
            if (exchange.getRequestURI().getQuery().contains("after=-1")) {
                exchange.sendResponseHeaders(200, table.length);
                exchange.getResponseBody().write(table);
            } else {
                Thread.sleep(POLL_MILLIS);
                exchange.sendResponseHeaders(204, -1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    Child child() {
        return child;
    }

    int port() {
        return port;
    }

    int managementPort() {
        return managementPort;
    }

    static String path() {
        return "/v2/models/" + MODEL + "/infer";
    }

    /// What a call has to carry.
    static List<String> headers() {
        return List.of("Authorization: Bearer " + KEY);
    }

    @Override
    public void close() {
        child.close();
        registry.stop(0);
    }
}
