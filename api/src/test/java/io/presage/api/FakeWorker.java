package io.presage.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.presage.contract.http.Headers;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/// A worker that answers what a test tells it to, and remembers what it was asked. Any thread.
final class FakeWorker implements AutoCloseable {
    /// What one call does. It may throw, or return without an answer: then the connection is closed.
    interface Behaviour {
        void answer(HttpExchange exchange) throws IOException, InterruptedException;
    }

    record Seen(String method, String path, Map<String, List<String>> headers, Buffer body) {
        String header(String name) {
            return headers.entrySet().stream()
                    .filter(entry -> entry.getKey().equalsIgnoreCase(name))
                    .map(entry -> entry.getValue().getFirst())
                    .findFirst()
                    .orElse("");
        }
    }

    final String id;
    final List<Seen> seen = new CopyOnWriteArrayList<>();
    private final HttpServer server;
    private volatile Behaviour behaviour;

    FakeWorker(String id) throws IOException {
        this(id, 0);
    }

    FakeWorker(String id, int port) throws IOException {
        this.id = id;
        this.behaviour = exchange -> answer(exchange, 200, "{\"from\":\"" + id + "\"}");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            seen.add(new Seen(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().toString(),
                    Map.copyOf(exchange.getRequestHeaders()),
                    Buffer.buffer(exchange.getRequestBody().readAllBytes())));
            behaviour.answer(exchange);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    FakeWorker does(Behaviour next) {
        behaviour = next;
        return this;
    }

    /// Refuses every call with a problem of its own.
    FakeWorker refuses(int status, String problem) {
        return does(exchange -> {
            exchange.getResponseHeaders().set(Headers.PROBLEM_CODE, problem);
            answer(exchange, status, "{\"error\":\"" + id + " refuses\",\"code\":\"" + problem + "\"}");
        });
    }

    static void answer(HttpExchange exchange, int status, String body) throws IOException {
        answer(exchange, status, "application/json", body);
    }

    static void answer(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.getResponseBody().flush();
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
