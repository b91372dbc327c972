package io.presage.api.feed;

import io.presage.contract.http.Headers;
import io.presage.contract.http.InternalPaths;
import io.presage.contract.state.RoutingChanges;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

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

    /// What a poll brought.
    sealed interface Answer {
        /// Nothing newer came.
        record Nothing() implements Answer {}

        /// A [io.presage.contract.state.RoutingTable].
        record Whole(byte[] json) implements Answer {}

        /// A [RoutingChanges].
        record Changes(byte[] json) implements Answer {}
    }

    /// What there is newer than `after`; -1 asks for whatever there is.
    ///
    /// @param readsChanges whether changes may be answered, or a whole table is wanted
    /// @throws IOException with a message for the log
    Answer poll(long after, boolean readsChanges) throws IOException, InterruptedException {
        var query = "?after=" + after + "&gateway=" + gatewayId + (readsChanges ? "&changes=true" : "");
        var request = HttpRequest.newBuilder(registryUrl.resolve(InternalPaths.STATE + query))
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
                    yield response.headers()
                                    .firstValue("Content-Type")
                                    .filter(type -> type.startsWith(RoutingChanges.MEDIA_TYPE))
                                    .isPresent()
                            ? new Answer.Changes(table)
                            : new Answer.Whole(table);
                }
                case 204 -> new Answer.Nothing();
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
