package io.presage.worker;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.presage.contract.http.Headers;
import io.presage.contract.state.DesiredState;
import io.presage.contract.state.DesiredState.Assignment;
import io.presage.contract.state.DesiredState.Validation;
import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import io.presage.contract.state.ValidationResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import tools.jackson.databind.json.JsonMapper;

/// The registry's internal port, as far as a worker sees it.
final class RegistryDouble implements AutoCloseable {
    static final String SECRET = "0123456789abcdef0123456789abcdef";

    private final JsonMapper json = JsonMapper.builder().build();
    private final HttpServer server;
    private final Map<String, byte[]> artifacts = new HashMap<>();
    private final Map<String, ValidationResult> results = new HashMap<>();
    private final List<Report> reports = new ArrayList<>();
    private List<Assignment> assignments = List.of();
    private List<Validation> validations = List.of();
    private long revision = 1;

    RegistryDouble() throws IOException {
        this(0);
    }

    RegistryDouble(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/internal/", this::handle);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    String url() {
        return "http://127.0.0.1:" + port();
    }

    synchronized String upload(byte[] bytes) throws Exception {
        var sha = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        artifacts.put(sha, bytes);
        return sha;
    }

    Assignment assignment(String model, int version, byte[] bytes) throws Exception {
        return new Assignment(model, version, upload(bytes), bytes.length);
    }

    synchronized void assign(Assignment... wanted) {
        assignments = List.of(wanted);
        revision++;
        notifyAll();
    }

    synchronized void validate(Validation... wanted) {
        validations = List.of(wanted);
        revision++;
        notifyAll();
    }

    synchronized Report awaitReport(Predicate<Report> condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (reports.isEmpty() || !condition.test(reports.getLast())) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError("no such report; the last of " + reports.size() + ": "
                        + (reports.isEmpty() ? "none" : reports.getLast()));
            }
            wait(Math.max(1, left / 1_000_000));
        }
        return reports.getLast();
    }

    Report awaitState(String model, int version, SlotState state) throws InterruptedException {
        return awaitReport(report -> report.slots().stream()
                .anyMatch(slot -> slot.model().equals(model) && slot.version() == version && slot.state() == state));
    }

    synchronized ValidationResult awaitResult(String id) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!results.containsKey(id)) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError("no result of validation " + id);
            }
            wait(Math.max(1, left / 1_000_000));
        }
        return results.get(id);
    }

    synchronized List<Report> reports() {
        return List.copyOf(reports);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            if (!SECRET.equals(exchange.getRequestHeaders().getFirst(Headers.SERVICE_SECRET))) {
                exchange.sendResponseHeaders(401, -1);
            } else if (path.equals("/internal/state")) {
                state(exchange);
            } else if (path.startsWith("/internal/artifacts/")) {
                artifact(exchange, path.substring("/internal/artifacts/".length()));
            } else if (path.equals("/internal/report")) {
                var report = json.readValue(exchange.getRequestBody().readAllBytes(), Report.class);
                synchronized (this) {
                    reports.add(report);
                    notifyAll();
                }
                exchange.sendResponseHeaders(204, -1);
            } else {
                var result = json.readValue(exchange.getRequestBody().readAllBytes(), ValidationResult.class);
                synchronized (this) {
                    results.put(path.substring("/internal/validations/".length()), result);
                    notifyAll();
                }
                exchange.sendResponseHeaders(204, -1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void state(HttpExchange exchange) throws IOException, InterruptedException {
        var query = exchange.getRequestURI().getQuery();
        long after = Long.parseLong(query.substring(query.indexOf('=') + 1, query.indexOf('&')));
        byte[] body;
        synchronized (this) {
            long deadline = System.nanoTime() + 500_000_000;
            while (revision <= after && deadline - System.nanoTime() > 0) {
                wait(100);
            }
            body = revision <= after
                    ? new byte[0]
                    : json.writeValueAsBytes(new DesiredState(revision, assignments, validations));
        }
        if (body.length == 0) {
            exchange.sendResponseHeaders(204, -1);
        } else {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private void artifact(HttpExchange exchange, String sha) throws IOException {
        byte[] bytes;
        synchronized (this) {
            bytes = artifacts.get(sha);
        }
        if (bytes == null) {
            exchange.sendResponseHeaders(404, -1);
        } else {
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
