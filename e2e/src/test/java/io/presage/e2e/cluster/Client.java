package io.presage.e2e.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Somebody with a key at the gateway's address. Any thread.
public final class Client {
    private static final JsonMapper JSON = new JsonMapper();

    /// HTTP/1.1, as product services speak it; connections are kept and shared by all clients of the tests.
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    private final URI address;
    private final String key;

    public Client(URI address, String key) {
        this.address = address;
        this.key = key;
    }

    /// The same place for somebody else.
    public Client withKey(String other) {
        return new Client(address, other);
    }

    /// The same key elsewhere.
    public Client at(URI other) {
        return new Client(other, key);
    }

    public Answer get(String path) throws IOException, InterruptedException {
        return get(path, Map.of());
    }

    public Answer get(String path, Map<String, String> headers) throws IOException, InterruptedException {
        return send("GET", path, new byte[0], headers);
    }

    /// The body of a 200 answer.
    String text(String path) throws IOException, InterruptedException {
        var answer = HTTP.send(
                HttpRequest.newBuilder(address.resolve(path))
                        .timeout(Duration.ofSeconds(30))
                        .build(),
                BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new AssertionError(path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    public Answer delete(String path) throws IOException, InterruptedException {
        return send("DELETE", path, new byte[0], Map.of());
    }

    public Answer post(String path, Map<String, ?> body) throws IOException, InterruptedException {
        return send("POST", path, JSON.writeValueAsBytes(body), Map.of("Content-Type", "application/json"));
    }

    public Answer put(String path, Map<String, ?> body) throws IOException, InterruptedException {
        return send("PUT", path, JSON.writeValueAsBytes(body), Map.of("Content-Type", "application/json"));
    }

    public Answer post(String path, byte[] body) throws IOException, InterruptedException {
        return send("POST", path, body, Map.of("Content-Type", "application/octet-stream"));
    }

    /// A predict call with one row of [TestModels#plus].
    public Answer predict(String model, Map<String, String> headers) throws IOException, InterruptedException {
        return infer(
                model,
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}",
                headers);
    }

    public Answer infer(String model, String json, Map<String, String> headers)
            throws IOException, InterruptedException {
        return send("POST", "/v2/models/" + model + "/infer", json.getBytes(StandardCharsets.UTF_8), headers);
    }

    private Answer send(String method, String path, byte[] body, Map<String, String> headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(address.resolve(path)).timeout(Duration.ofSeconds(30));
        if (!key.isEmpty()) {
            request.header("Authorization", "Bearer " + key);
        }
        headers.forEach(request::header);
        request.method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        var answer = HTTP.send(request.build(), BodyHandlers.ofByteArray());
        return new Answer(
                answer.statusCode(),
                json(answer.body(), answer.headers().firstValue("Content-Type").orElse("")),
                answer.headers());
    }

    private static JsonNode json(byte[] body, String contentType) {
        return contentType.toLowerCase(Locale.ROOT).contains("json") && body.length > 0
                ? JSON.readTree(body)
                : JSON.createObjectNode();
    }
}
