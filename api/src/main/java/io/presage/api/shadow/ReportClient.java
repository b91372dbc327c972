package io.presage.api.shadow;

import io.presage.contract.http.Headers;
import io.presage.contract.http.InternalPaths;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/// Posts one report. Blocks its caller, a virtual thread.
public final class ReportClient implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final URI registryUrl;
    private final String serviceSecret;

    public ReportClient(URI registryUrl, String serviceSecret) {
        this.registryUrl = registryUrl;
        this.serviceSecret = serviceSecret;
    }

    /// @throws IOException when it is not known to have arrived
    void post(String json) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(registryUrl.resolve(InternalPaths.SHADOWS))
                .header(Headers.SERVICE_SECRET, serviceSecret)
                .header("Content-Type", "application/json")
                .timeout(TIMEOUT)
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        int status =
                client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        if (status != 204) {
            throw new IOException("the registry answered " + status);
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
