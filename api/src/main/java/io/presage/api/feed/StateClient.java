package io.presage.api.feed;

import io.presage.contract.http.Headers;
import io.presage.contract.http.InternalPaths;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/// One long poll of the registry. Blocks its caller, a virtual thread.
public final class StateClient implements AutoCloseable {
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final URI registryUrl;
    private final String gatewayId;
    private final String serviceSecret;
    private final FeedProperties properties;

    public StateClient(URI registryUrl, String gatewayId, String serviceSecret, FeedProperties properties) {
        this.registryUrl = registryUrl;
        this.gatewayId = gatewayId;
        this.serviceSecret = serviceSecret;
        this.properties = properties;
    }

    /// The table's JSON if there is one newer than `after`; -1 asks for whatever there is.
    /// @throws IOException with a message for the log
    Optional<byte[]> poll(long after) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(
                        registryUrl.resolve(InternalPaths.STATE + "?after=" + after + "&gateway=" + gatewayId))
                .header(Headers.SERVICE_SECRET, serviceSecret)
                .timeout(properties.pollTimeout())
                .build();
        var response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (var body = response.body()) {
            return switch (response.statusCode()) {
                case 200 -> {
                    int bytesMax = (int) properties.tableBytesMax().toBytes();
                    byte[] table = body.readNBytes(bytesMax);
                    if (table.length == bytesMax) {
                        throw new IOException("the table is larger than gateway.feed.table-bytes-max, " + bytesMax);
                    }
                    yield Optional.of(table);
                }
                case 204 -> Optional.empty();
                case 401, 403 ->
                    throw new IOException("the registry refuses the service secret (status " + response.statusCode()
                            + "): presage.service-secret must be the same on both sides");
                default -> throw new IOException("the registry answered " + response.statusCode());
            };
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
