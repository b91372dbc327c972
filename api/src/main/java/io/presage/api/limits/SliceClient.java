package io.presage.api.limits;

import io.presage.contract.http.Headers;
import io.presage.contract.http.InternalPaths;
import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Asks the registry for slices. Blocks its caller, a virtual thread.
public final class SliceClient implements SliceFeed.Registry, AutoCloseable {
    private static final int BYTES_MAX = 16 * 1024 * 1024;

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final URI slices;
    private final String serviceSecret;
    private final Duration timeout;
    private final JsonMapper json;

    /// @param json that ignores what it does not know
    public SliceClient(URI registryUrl, String serviceSecret, Duration timeout, JsonMapper json) {
        this.slices = registryUrl.resolve(InternalPaths.SLICES);
        this.serviceSecret = serviceSecret;
        this.timeout = timeout;
        this.json = json;
    }

    @Override
    public SliceAnswer ask(SliceRequest asked) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(slices)
                .header(Headers.SERVICE_SECRET, serviceSecret)
                .header("Content-Type", "application/json")
                .timeout(timeout)
                .POST(HttpRequest.BodyPublishers.ofByteArray(json.writeValueAsBytes(asked)))
                .build();
        var response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (var body = response.body()) {
            if (response.statusCode() != 200) {
                throw new IOException("the registry answered " + response.statusCode());
            }
            return json.readValue(body.readNBytes(BYTES_MAX), SliceAnswer.class);
        } catch (JacksonException e) {
            throw new IOException("the registry's answer cannot be read", e);
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
