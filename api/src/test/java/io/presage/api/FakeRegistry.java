package io.presage.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.presage.contract.http.Headers;
import io.presage.contract.http.InternalPaths;
import io.presage.contract.state.RoutingChanges;
import io.presage.contract.state.RoutingContent;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.ShadowReport;
import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// A registry with a routing table that a test replaces, and a control API that a test writes. Any thread.
final class FakeRegistry implements AutoCloseable {
    static final String SECRET = "0123456789abcdef0123456789abcdef";

    final List<Map<String, List<String>>> controlHeaders = new CopyOnWriteArrayList<>();
    final List<SliceRequest> sliceRequests = new CopyOnWriteArrayList<>();
    final List<String> controlPaths = new CopyOnWriteArrayList<>();
    final List<ShadowReport> shadowReports = new CopyOnWriteArrayList<>();
    private final HttpServer server;
    private final Object changed = new Object();
    final List<String> statePolls = new CopyOnWriteArrayList<>();
    private final Map<Long, RoutingTable> history = new HashMap<>();
    private RoutingTable table = new RoutingTable(-1, List.of(), List.of(), List.of());
    private UnaryOperator<RoutingChanges> spoilt = UnaryOperator.identity();
    private boolean isOld;
    private boolean open = true;
    private volatile @Nullable Function<SliceRequest, SliceAnswer> slices;
    private volatile FakeWorker.Behaviour control = exchange -> FakeWorker.answer(exchange, 200, "{\"registry\":true}");

    FakeRegistry() throws IOException {
        this(0);
    }

    FakeRegistry(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/internal/state", this::state);
        server.createContext(InternalPaths.SLICES, this::slices);
        server.createContext("/api/v1", this::control);
        server.createContext("/internal/shadows", this::shadows);
        server.start();
    }

    void publish(RoutingTable next) {
        synchronized (changed) {
            table = RoutingContent.of(next).table(next.revision());
            history.put(next.revision(), table);
            changed.notifyAll();
        }
    }

    /// From now on changes are sent as `next` leaves them.
    void spoil(UnaryOperator<RoutingChanges> next) {
        synchronized (changed) {
            spoilt = next;
        }
    }

    /// Knows neither changes nor digests.
    void old() {
        synchronized (changed) {
            isOld = true;
        }
    }

    void control(FakeWorker.Behaviour next) {
        control = next;
    }

    /// Null: the registry cannot say, as one that is away.
    void slices(@Nullable Function<SliceRequest, SliceAnswer> next) {
        slices = next;
    }

    private void slices(HttpExchange exchange) throws IOException {
        try (exchange) {
            var asked = new JsonMapper().readValue(exchange.getRequestBody().readAllBytes(), SliceRequest.class);
            sliceRequests.add(asked);
            var answer = slices;
            if (answer == null) {
                exchange.sendResponseHeaders(503, -1);
                return;
            }
            FakeWorker.answer(exchange, 200, new JsonMapper().writeValueAsString(answer.apply(asked)));
        }
    }

    private void state(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!SECRET.equals(exchange.getRequestHeaders().getFirst(Headers.SERVICE_SECRET))) {
                exchange.sendResponseHeaders(401, -1);
                return;
            }
            var query = exchange.getRequestURI().getQuery();
            statePolls.add(query);
            long after = Long.parseLong(query.replaceAll(".*after=(-?[0-9]+).*", "$1"));
            var newer = await(after);
            if (newer == null) {
                exchange.sendResponseHeaders(204, -1);
                return;
            }
            var changes = query.contains("&changes=true") ? changes(after, newer) : null;
            FakeWorker.answer(
                    exchange,
                    200,
                    changes == null ? "application/json" : RoutingChanges.MEDIA_TYPE,
                    new JsonMapper().writeValueAsString(changes == null ? newer : changes));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void shadows(HttpExchange exchange) throws IOException {
        try (exchange) {
            shadowReports.add(
                    new JsonMapper().readValue(exchange.getRequestBody().readAllBytes(), ShadowReport.class));
            exchange.sendResponseHeaders(204, -1);
        }
    }

    private @Nullable RoutingChanges changes(long after, RoutingTable newer) {
        synchronized (changed) {
            var before = history.get(after);
            if (before == null || isOld || isLess(newer, before)) {
                return null;
            }
            return spoilt.apply(new RoutingChanges(
                    after,
                    newer.revision(),
                    RoutingContent.of(newer).digest(),
                    newer.models().stream()
                            .filter(model -> !before.models().contains(model))
                            .toList(),
                    newer.workers().equals(before.workers()) ? null : newer.workers(),
                    newer.keys().equals(before.keys()) ? null : newer.keys(),
                    newer.limits().equals(before.limits()) ? null : newer.limits()));
        }
    }

    private static boolean isLess(RoutingTable newer, RoutingTable before) {
        var names = newer.models().stream().map(RoutingTable.Model::name).toList();
        return before.models().stream().anyMatch(model -> !names.contains(model.name()));
    }

    private @Nullable RoutingTable await(long after) throws InterruptedException {
        synchronized (changed) {
            while (open && table.revision() <= after) {
                changed.wait();
            }
            if (!open) {
                return null;
            }
            return isOld
                    ? new RoutingTable(table.revision(), table.models(), table.workers(), table.keys(), table.limits())
                    : table;
        }
    }

    private void control(HttpExchange exchange) throws IOException {
        try (exchange) {
            controlHeaders.add(Map.copyOf(exchange.getRequestHeaders()));
            controlPaths.add(exchange.getRequestURI().toString());
            control.answer(exchange);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        synchronized (changed) {
            open = false;
            changed.notifyAll();
        }
        server.stop(0);
    }
}
