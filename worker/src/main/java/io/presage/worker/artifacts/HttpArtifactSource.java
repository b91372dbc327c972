package io.presage.worker.artifacts;

import io.presage.contract.http.Headers;
import io.presage.contract.http.InternalPaths;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/// Packages from the registry's internal port.
public final class HttpArtifactSource implements ArtifactSource {
    private static final Duration HEAD_TIMEOUT = Duration.ofSeconds(30);

    private final HttpClient client;
    private final URI registry;
    private final String serviceSecret;

    public HttpArtifactSource(HttpClient client, URI registry, String serviceSecret) {
        this.client = client;
        this.registry = registry;
        this.serviceSecret = serviceSecret;
    }

    @Override
    public InputStream open(String sha256) throws PackageException, IOException, InterruptedException {
        var request = HttpRequest.newBuilder(registry.resolve(InternalPaths.ARTIFACTS + "/" + sha256))
                .header(Headers.SERVICE_SECRET, serviceSecret)
                .timeout(HEAD_TIMEOUT)
                .build();
        var response = client.send(request, BodyHandlers.ofInputStream());
        if (response.statusCode() == 200) {
            return response.body();
        }
        response.body().close();
        if (response.statusCode() == 404) {
            throw PackageException.refused(
                    "fetch",
                    "missing-artifact",
                    "the registry has no bytes with SHA-256 " + sha256,
                    "Upload the version again, or restore the registry's artifact folder.");
        }
        throw new IOException("the registry answered " + response.statusCode() + " to GET artifact " + sha256);
    }
}
