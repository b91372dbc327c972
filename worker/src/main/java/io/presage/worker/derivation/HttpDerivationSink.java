package io.presage.worker.derivation;

import io.presage.contract.http.Headers;
import io.presage.contract.http.InternalPaths;
import io.presage.contract.state.DerivationResult;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import tools.jackson.databind.json.JsonMapper;

/// To the registry's internal port.
public final class HttpDerivationSink implements DerivationSink {
    private static final Duration SEND_TIMEOUT = Duration.ofMinutes(10);
    private static final Duration FINISH_TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient client;
    private final URI registry;
    private final String serviceSecret;
    private final JsonMapper json;

    public HttpDerivationSink(HttpClient client, URI registry, String serviceSecret, JsonMapper json) {
        this.client = client;
        this.registry = registry;
        this.serviceSecret = serviceSecret;
        this.json = json;
    }

    @Override
    public void send(String derivationId, Path file, String sha256) throws IOException, InterruptedException {
        deliver(request(derivationId + "?sha256=" + sha256, SEND_TIMEOUT)
                .header("Content-Type", "application/octet-stream")
                .PUT(BodyPublishers.ofFile(file))
                .build());
    }

    @Override
    public void finish(String derivationId, DerivationResult result) throws IOException, InterruptedException {
        deliver(request(derivationId, FINISH_TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(json.writeValueAsBytes(result)))
                .build());
    }

    private HttpRequest.Builder request(String rest, Duration timeout) {
        return HttpRequest.newBuilder(registry.resolve(InternalPaths.DERIVATIONS + "/" + rest))
                .header(Headers.SERVICE_SECRET, serviceSecret)
                .timeout(timeout);
    }

    /// 404 and 409: the registry has given the derivation up or knows its outcome.
    private void deliver(HttpRequest request) throws IOException, InterruptedException {
        var response = client.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
        int status = response.statusCode();
        if (status / 100 != 2 && status != 404 && status != 409) {
            var body = response.body();
            throw new IOException("the registry answered " + status + " to " + request.method() + " of a derivation: "
                    + (body.length() > 200 ? body.substring(0, 200) : body));
        }
    }
}
