package io.presage.standalone.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The control API over HTTP, at the one public address, as any user has it. Any thread.
final class HttpControlApi implements ControlApi {
    private static final Duration CALL_MAX = Duration.ofSeconds(60);

    private final HttpClient http;
    private final JsonMapper json = new JsonMapper();
    private final URI address;
    private final String key;

    /// @param address of the gateway, without a path
    HttpControlApi(HttpClient http, URI address, String key) {
        this.http = http;
        this.address = address;
        this.key = key;
    }

    @Override
    public void createModel(String model, String description) throws IOException, InterruptedException {
        var body = json.writeValueAsString(Map.of("name", model, "description", description));
        var answer = send("POST", "/api/v1/models", BodyPublishers.ofString(body));
        if (answer.statusCode() != 409) {
            read(answer);
        }
    }

    @Override
    public List<Version> versions(String model) throws IOException, InterruptedException {
        var answer = send("GET", "/api/v1/models/" + model + "/versions", BodyPublishers.noBody());
        if (answer.statusCode() == 404) {
            return List.of();
        }
        return StreamSupport.stream(read(answer).path("versions").spliterator(), false)
                .map(HttpControlApi::version)
                .toList();
    }

    @Override
    public int upload(String model, Path file, String sha256) throws IOException, InterruptedException {
        var path = "/api/v1/models/" + model + "/versions?sha256=" + sha256;
        return read(send("POST", path, BodyPublishers.ofFile(file)))
                .path("version")
                .asInt();
    }

    @Override
    public OptionalInt activeVersion(String model) throws IOException, InterruptedException {
        var answer = send("GET", "/api/v1/models/" + model + "/route", BodyPublishers.noBody());
        if (answer.statusCode() == 404) {
            return OptionalInt.empty();
        }
        var active = read(answer).path("goal").path("active");
        return active.isInt() ? OptionalInt.of(active.asInt()) : OptionalInt.empty();
    }

    @Override
    public void promote(String model, int version) throws IOException, InterruptedException {
        var body = json.writeValueAsString(Map.of("version", version));
        read(send("POST", "/api/v1/models/" + model + "/promote", BodyPublishers.ofString(body)));
    }

    @Override
    public boolean answers(String model) throws IOException, InterruptedException {
        var answer = send("GET", "/v2/models/" + model + "/ready", BodyPublishers.noBody());
        return answer.statusCode() == 200;
    }

    private static Version version(JsonNode node) {
        var failure = node.path("failure");
        return new Version(
                node.path("version").asInt(),
                node.path("state").asString(),
                node.path("sha256").asString(),
                failure.isObject()
                        ? failure.path("cause").asString() + ": "
                                + failure.path("evidence").asString()
                        : null);
    }

    private HttpResponse<byte[]> send(String method, String path, BodyPublisher body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(address.resolve(path))
                .timeout(CALL_MAX)
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", path.contains("/versions?") ? "application/octet-stream" : "application/json")
                .method(method, body)
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    private JsonNode read(HttpResponse<byte[]> answer) throws IOException {
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(answer.request().method() + " " + answer.uri().getPath() + " answered "
                    + answer.statusCode() + " " + new String(answer.body(), StandardCharsets.UTF_8));
        }
        return answer.body().length == 0 ? json.createObjectNode() : json.readTree(answer.body());
    }
}
