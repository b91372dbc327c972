package io.presage.api.shadow;

import io.netty.util.AsciiString;
import io.presage.api.forward.ForwardProperties;
import io.presage.api.forward.ForwardedHeaders;
import io.presage.api.limits.Body;
import io.presage.api.replicas.Replica;
import io.presage.api.routes.ModelRoute;
import io.presage.api.routes.Routes;
import io.presage.api.routes.Split;
import io.presage.api.routes.VersionRoute;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.TrafficPolicy;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// One event loop's shadow calls. Its connections are its own, and it looks at replicas' calls in flight but
/// takes no
/// permit of theirs and tells no circuit: a shadow that fails is nobody's fault. One event loop.
public final class ShadowLoop {
    private static final long TIMEOUT_MILLIS_MAX = 30_000;
    private static final int CONNECTIONS_MAX = 16;
    private static final int WAITING_MAX = 64;
    private static final AsciiString REQUEST_ID = AsciiString.cached(Headers.REQUEST_ID);
    private static final AsciiString TIMEOUT_MILLIS = AsciiString.cached(Headers.TIMEOUT_MILLIS);
    private static final AsciiString SERVICE_SECRET = AsciiString.cached(Headers.SERVICE_SECRET);
    private static final AsciiString PRIORITY = AsciiString.cached(Headers.PRIORITY);

    /// What all event loops share.
    public record Shared(Shadows shadows, ShadowTally tally) {}

    private final Vertx vertx;
    private final Shared shared;
    private final Routes routes;
    private final RandomGenerator random;
    private final LongSupplier nanos;
    private final ForwardProperties properties;
    private final String serviceSecret;
    private @Nullable HttpClient client;
    private @Nullable WorkerExecutor comparing;

    /// Nothing is opened before the first shadow call.
    public ShadowLoop(
            Vertx vertx,
            Shared shared,
            Routes routes,
            RandomGenerator random,
            LongSupplier nanos,
            ForwardProperties properties,
            String serviceSecret) {
        this.vertx = vertx;
        this.shared = shared;
        this.routes = routes;
        this.random = random;
        this.nanos = nanos;
        this.properties = properties;
        this.serviceSecret = serviceSecret;
    }

    /// Keeps the call for the shadow that `policy` names, if it is of the share and there is room; what is of
    /// the share
    /// without room is counted. `answering` is the version that the caller gets its answer from.
    public Optional<ShadowCall> sample(
            TrafficPolicy policy,
            VersionRoute answering,
            MultiMap headers,
            String requestId,
            long timeoutMillis,
            Body body) {
        var shadow = policy.shadow();
        if (shadow == null
                || shadow.version() == answering.version()
                || !Split.isSampled(answering.model(), requestId, shadow.shareBasisPoints())) {
            return Optional.empty();
        }
        var pair = new Pair(answering.model(), answering.version(), shadow.version());
        if (!shared.shadows().tryOpen(pair.model(), shadow.inFlightMax())) {
            shared.tally().dropped(pair);
            return Optional.empty();
        }
        var kept = body.spare();
        if (kept.isEmpty()) {
            shared.shadows().close(pair.model());
            shared.tally().dropped(pair);
            return Optional.empty();
        }
        var asked = new ShadowCall.Asked(headers, requestId, Math.min(timeoutMillis, TIMEOUT_MILLIS_MAX));
        return Optional.of(new ShadowCall(this, pair, shadow, asked, kept.get()));
    }

    /// One that the newest table has: of two, that with fewer calls in flight.
    Optional<Replica> replica(Pair pair) {
        List<Replica> ready = ready(pair);
        if (ready.isEmpty()) {
            return Optional.empty();
        }
        var one = ready.get(random.nextInt(ready.size()));
        var other = ready.get(random.nextInt(ready.size()));
        return Optional.of(other.inFlight() < one.inFlight() ? other : one);
    }

    private List<Replica> ready(Pair pair) {
        try {
            ModelRoute model = routes.current().model(pair.model());
            return model.version(Integer.toString(pair.shadow())).replicas();
        } catch (ProblemException _) {
            // The table has moved on.
            return List.of();
        }
    }

    Future<HttpClientRequest> connect(Replica replica, Pair pair) {
        return client().request(new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost(replica.host())
                .setPort(replica.port())
                .setURI("/v2/models/" + pair.model() + "/versions/" + pair.shadow() + "/infer"));
    }

    private HttpClient client() {
        var present = client;
        if (present == null) {
            present = vertx.createHttpClient(
                    new HttpClientOptions()
                            .setConnectTimeout((int) properties.connectTimeout().toMillis())
                            .setKeepAliveTimeout(
                                    (int) properties.idleConnectionTtl().toSeconds())
                            .setTcpNoDelay(true),
                    new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX).setMaxWaitQueueSize(WAITING_MAX));
            client = present;
        }
        return present;
    }

    /// As the client's call was sent, but last in line, and without compression, which nobody would gain from.
    void prepare(HttpClientRequest request, ShadowCall.Asked asked) {
        var headers = request.headers();
        ForwardedHeaders.copy(ForwardedHeaders.TO_WORKER, asked.headers(), headers);
        headers.remove(HttpHeaders.ACCEPT_ENCODING);
        headers.set(PRIORITY, "low");
        headers.set(REQUEST_ID, asked.requestId());
        headers.set(TIMEOUT_MILLIS, Long.toString(asked.timeoutMillis()));
        headers.set(SERVICE_SECRET, serviceSecret);
    }

    /// One thread for all event loops.
    WorkerExecutor comparing() {
        var present = comparing;
        if (present == null) {
            present = vertx.createSharedWorkerExecutor("shadow-comparison", 1);
            comparing = present;
        }
        return present;
    }

    int answerBytesMax() {
        return (int) properties.wholeAnswerMax().toBytes();
    }

    Vertx vertx() {
        return vertx;
    }

    Shadows shadows() {
        return shared.shadows();
    }

    ShadowTally tally() {
        return shared.tally();
    }

    long nanos() {
        return nanos.getAsLong();
    }
}
