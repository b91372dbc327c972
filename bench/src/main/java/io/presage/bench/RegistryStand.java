package io.presage.bench;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.presage.contract.http.Headers;
import io.presage.contract.http.InternalPaths;
import io.presage.contract.state.DesiredState;
import io.presage.contract.state.DesiredState.Assignment;
import io.presage.contract.state.DesiredState.Validation;
import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import io.presage.contract.state.Tuning;
import io.presage.contract.state.ValidationResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// The registry's internal port as one worker sees it, so that a worker can be measured with nothing else
/// beside it. Every model has one version, 1. Any thread; waiting callers are woken by reports.
final class RegistryStand implements AutoCloseable {
    static final String SECRET = "bench-only-0123456789-0123456789-0123456789";
    private static final Duration AWAIT_LIMIT = Duration.ofMinutes(5);
    private static final long POLL_NANOS = Duration.ofSeconds(20).toNanos();

    private final JsonMapper json = JsonMapper.builder().build();
    private final HttpServer server;

    @GuardedBy("this")
    private final Map<String, byte[]> artifacts = new HashMap<>();

    @GuardedBy("this")
    private final Map<String, ValidationResult> results = new HashMap<>();

    @GuardedBy("this")
    private final Map<String, Validation> validations = new LinkedHashMap<>();

    @GuardedBy("this")
    private final Map<String, Assignment> assignments = new LinkedHashMap<>();

    @GuardedBy("this")
    private Map<String, Report.Slot> slots = Map.of();

    @GuardedBy("this")
    private @Nullable Report last;

    @GuardedBy("this")
    private long revision = 1;

    RegistryStand() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/internal/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// The digest under which it can be had.
    synchronized String upload(byte[] bytes) {
        try {
            var sha256 = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
            artifacts.put(sha256, bytes);
            return sha256;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Has the worker check an upload.
    ///
    /// @throws IllegalStateException when it finds fault with it
    synchronized ValidationResult.Profile validate(String model, byte[] upload) throws InterruptedException {
        var id = "validation-" + model;
        validations.put(id, new Validation(id, model, 1, upload(upload), upload.length));
        changed();
        long until = System.nanoTime() + AWAIT_LIMIT.toNanos();
        while (!results.containsKey(id)) {
            waitUntil(until, "a result of the validation of " + model);
        }
        validations.remove(id);
        changed();
        var result = results.remove(id);
        if (result == null || result.profile() == null) {
            throw new IllegalStateException(model + " was rejected: " + result);
        }
        return result.profile();
    }

    synchronized void assign(String model, byte[] upload, @Nullable Tuning tuning) {
        assignAll(Map.of(model, upload), tuning);
    }

    synchronized void assignAll(Map<String, byte[]> uploads, @Nullable Tuning tuning) {
        uploads.forEach((model, upload) -> {
            assignments.put(model, new Assignment(model, 1, upload(upload), upload.length, tuning));
        });
        changed();
    }

    synchronized void unassign(String model) {
        assignments.remove(model);
        changed();
    }

    /// Both in one change.
    synchronized void replace(Collection<String> gone, Map<String, byte[]> uploads, @Nullable Tuning tuning) {
        gone.forEach(assignments::remove);
        assignAll(uploads, tuning);
    }

    /// Waits until the worker holds what is assigned, and nothing else.
    synchronized void awaitSettled() throws InterruptedException {
        long until = System.nanoTime() + AWAIT_LIMIT.toNanos();
        while (!slots.keySet().equals(assignments.keySet())
                || !slots.values().stream().allMatch(slot -> slot.state() == SlotState.READY)) {
            waitUntil(until, "what is assigned READY, and the rest unloaded");
        }
    }

    @GuardedBy("this")
    private void changed() {
        revision++;
        notifyAll();
    }

    /// @throws IllegalStateException when it has failed
    synchronized void awaitReady(String model) throws InterruptedException {
        long until = System.nanoTime() + AWAIT_LIMIT.toNanos();
        while (!isReady(model)) {
            waitUntil(until, model + " READY");
        }
    }

    @GuardedBy("this")
    private boolean isReady(String model) {
        var slot = slots.get(model);
        if (slot != null && slot.state() == SlotState.FAILED) {
            throw new IllegalStateException(model + " failed: " + slot.failure());
        }
        return slot != null && slot.state() == SlotState.READY;
    }

    synchronized void awaitGone(String model) throws InterruptedException {
        long until = System.nanoTime() + AWAIT_LIMIT.toNanos();
        while (slots.containsKey(model)) {
            waitUntil(until, model + " unloaded");
        }
    }

    synchronized void awaitAllReady(int count) throws InterruptedException {
        long until = System.nanoTime() + AWAIT_LIMIT.toNanos();
        while (slots.values().stream()
                        .filter(slot -> slot.state() == SlotState.READY)
                        .count()
                < count) {
            waitUntil(until, count + " versions READY");
        }
    }

    /// Waits for the first report of a worker that has just been started.
    synchronized void awaitWorker() throws InterruptedException {
        long until = System.nanoTime() + AWAIT_LIMIT.toNanos();
        while (last == null || last.appliedRevision() < revision) {
            waitUntil(until, "a report of the worker");
        }
    }

    @GuardedBy("this")
    private void waitUntil(long untilNanos, String what) throws InterruptedException {
        long left = untilNanos - System.nanoTime();
        if (left <= 0) {
            throw new IllegalStateException(
                    what + ": not within " + AWAIT_LIMIT.toSeconds() + " s; the last report: " + last);
        }
        wait(Math.min(1000, left / 1_000_000 + 1));
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            if (!SECRET.equals(exchange.getRequestHeaders().getFirst(Headers.SERVICE_SECRET))) {
                exchange.sendResponseHeaders(401, -1);
            } else if (path.equals(InternalPaths.STATE)) {
                state(exchange);
            } else if (path.startsWith(InternalPaths.ARTIFACTS + "/")) {
                artifact(exchange, path.substring(InternalPaths.ARTIFACTS.length() + 1));
            } else if (path.equals(InternalPaths.REPORT)) {
                report(json.readValue(exchange.getRequestBody().readAllBytes(), Report.class));
                exchange.sendResponseHeaders(204, -1);
            } else if (path.startsWith(InternalPaths.VALIDATIONS + "/")) {
                var result = json.readValue(exchange.getRequestBody().readAllBytes(), ValidationResult.class);
                validated(path.substring(InternalPaths.VALIDATIONS.length() + 1), result);
                exchange.sendResponseHeaders(204, -1);
            } else {
                exchange.sendResponseHeaders(404, -1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            System.err.println("bench: " + exchange.getRequestURI() + ": " + e);
        }
    }

    private synchronized void report(Report report) {
        last = report;
        var current = new HashMap<String, Report.Slot>();
        for (var slot : report.slots()) {
            current.put(slot.model(), slot);
        }
        slots = current;
        notifyAll();
    }

    private synchronized void validated(String id, ValidationResult result) {
        results.put(id, result);
        notifyAll();
    }

    private void state(HttpExchange exchange) throws IOException, InterruptedException {
        var query = exchange.getRequestURI().getQuery();
        long after = Long.parseLong(query.substring(query.indexOf('=') + 1, query.indexOf('&')));
        DesiredState desired = next(after);
        if (desired == null) {
            exchange.sendResponseHeaders(204, -1);
        } else {
            var body = json.writeValueAsString(desired).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /// Null when nothing newer came for a while.
    private synchronized @Nullable DesiredState next(long after) throws InterruptedException {
        long until = System.nanoTime() + POLL_NANOS;
        while (revision <= after) {
            long left = until - System.nanoTime();
            if (left <= 0) {
                return null;
            }
            wait(left / 1_000_000 + 1);
        }
        return new DesiredState(revision, List.copyOf(assignments.values()), List.copyOf(validations.values()));
    }

    private void artifact(HttpExchange exchange, String sha256) throws IOException {
        byte[] bytes;
        synchronized (this) {
            bytes = artifacts.get(sha256);
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
