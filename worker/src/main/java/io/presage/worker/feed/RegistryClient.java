package io.presage.worker.feed;

import io.presage.contract.http.Headers;
import io.presage.contract.http.InternalPaths;
import io.presage.contract.state.DesiredState;
import io.presage.contract.state.Report;
import io.presage.contract.state.ValidationResult;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The registry's internal port. Any thread; blocking.
public final class RegistryClient {
    /// The registry holds a poll for 25 s.
    private static final Duration POLL_TIMEOUT = Duration.ofSeconds(40);
    private static final Duration POST_TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient client;
    private final URI registry;
    private final String serviceSecret;
    private final String workerId;
    private final JsonMapper json;

    public RegistryClient(HttpClient client, URI registry, String serviceSecret, String workerId, JsonMapper json) {
        this.client = client;
        this.registry = registry;
        this.serviceSecret = serviceSecret;
        this.workerId = workerId;
        this.json = json;
    }

    /// The next snapshot after `revision`; empty when nothing newer came for a while. `revision` -1 answers at
    /// once.
    Optional<DesiredState> poll(long revision) throws IOException, InterruptedException {
        var uri = registry.resolve(InternalPaths.STATE + "?after=" + revision + "&worker=" + workerId);
        var response = client.send(
                request(uri).timeout(POLL_TIMEOUT).GET().build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
        return switch (response.statusCode()) {
            case 200 -> Optional.of(read(response.body()));
            case 204 -> Optional.empty();
            default -> throw unexpected("GET " + InternalPaths.STATE, response);
        };
    }

    private DesiredState read(String body) throws IOException {
        try {
            return json.readValue(body, DesiredState.class);
        } catch (JacksonException e) {
            throw new IOException("the registry's desired state cannot be read: " + e.getOriginalMessage(), e);
        }
    }

    void report(Report report) throws IOException, InterruptedException {
        post(InternalPaths.REPORT, report);
    }

    /// A validation that the registry no longer knows needs no result: 404 and 409 are as good as done.
    void validated(String validationId, ValidationResult result) throws IOException, InterruptedException {
        post(InternalPaths.VALIDATIONS + "/" + validationId, result, 404, 409);
    }

    private void post(String path, Object body, int... settled) throws IOException, InterruptedException {
        var request = request(registry.resolve(path))
                .timeout(POST_TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(json.writeValueAsBytes(body)))
                .build();
        var response = client.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
        if (response.statusCode() / 100 == 2) {
            return;
        }
        for (int status : settled) {
            if (response.statusCode() == status) {
                return;
            }
        }
        throw unexpected("POST " + path, response);
    }

    private HttpRequest.Builder request(URI uri) {
        return HttpRequest.newBuilder(uri).header(Headers.SERVICE_SECRET, serviceSecret);
    }

    private static IOException unexpected(String call, HttpResponse<String> response) {
        var body = response.body();
        return new IOException("the registry answered " + response.statusCode() + " to " + call + ": "
                + (body.length() > 200 ? body.substring(0, 200) : body));
    }
}
