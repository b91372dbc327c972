package io.presage.api.infer;

import io.presage.api.access.Authenticator;
import io.presage.api.access.Grant;
import io.presage.api.cache.CacheLoop;
import io.presage.api.cache.ResponseCache;
import io.presage.api.forward.ForwardProperties;
import io.presage.api.forward.HedgingProperties;
import io.presage.api.forward.RegistryProperties;
import io.presage.api.forward.RegistryProxy;
import io.presage.api.forward.Retries;
import io.presage.api.forward.WorkerClient;
import io.presage.api.http.Exchange;
import io.presage.api.limits.Bodies;
import io.presage.api.limits.Notes;
import io.presage.api.limits.RateLimits;
import io.presage.api.replicas.ReplicaProperties;
import io.presage.api.replicas.Targets;
import io.presage.api.routes.ModelRoute;
import io.presage.api.routes.Routes;
import io.presage.api.shadow.ShadowLoop;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Role;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.net.URI;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All paths of the public port. One per event loop; never blocks.
public final class PublicApi implements Handler<Exchange> {
    private static final Logger log = LoggerFactory.getLogger(PublicApi.class);
    private static final int INDEX_BODY_BYTES_MAX = 65_536;

    /// What all event loops share.
    public record Shared(
            Routes routes,
            RateLimits limits,
            Bodies bodies,
            Targets targets,
            WaitingSpace waiting,
            Retries retries,
            GatewayMetrics metrics,
            ShadowLoop.Shared shadows,
            ResponseCache cache,
            LongSupplier nanos,
            Settings settings) {}

    /// What the configuration says.
    ///
    /// @param version of the product
    public record Settings(
            String version,
            URI registryUrl,
            String serviceSecret,
            InferProperties infer,
            ForwardProperties forward,
            HedgingProperties hedging,
            RegistryProperties registry,
            ReplicaProperties replicas) {}

    private final Routes routes;
    private final Authenticator authenticator = new Authenticator();
    private final InferPipeline pipeline;
    private final ReplicaStatistics statistics;
    private final RegistryProxy registry;
    private final String root;
    private final String server;

    /// Call it on the event loop.
    public PublicApi(Vertx vertx, Shared shared, RandomGenerator random) {
        var settings = shared.settings();
        this.routes = shared.routes();
        var workers = new WorkerClient(vertx, settings.forward(), settings.serviceSecret(), shared.nanos());
        this.statistics = new ReplicaStatistics(vertx, workers, shared.bodies(), random);
        this.pipeline = new InferPipeline(
                new InferPipeline.Shared(
                        shared.routes(),
                        shared.limits(),
                        shared.bodies(),
                        shared.targets(),
                        shared.waiting(),
                        shared.retries(),
                        shared.metrics(),
                        shared.nanos()),
                vertx,
                workers,
                companions(vertx, shared, random),
                random,
                settings.infer(),
                settings.hedging(),
                new InferCall.Terms(
                        settings.forward().wholeAnswerMax().toBytes(),
                        settings.forward().answerMax().toBytes(),
                        settings.replicas().timeoutCountsFrom()));
        this.registry = new RegistryProxy(vertx, settings.registryUrl(), settings.registry());
        this.root = "{\"name\":\"presage\",\"version\":\"" + settings.version() + "\"}";
        this.server = "{\"name\":\"presage\",\"version\":\"" + settings.version()
                + "\",\"extensions\":[\"binary_tensor_data\",\"model_configuration\",\"model_repository\","
                + "\"statistics\"]}";
    }

    private static Companion.Loop companions(Vertx vertx, Shared shared, RandomGenerator random) {
        var forward = shared.settings().forward();
        var shadows = new ShadowLoop(
                vertx,
                shared.shadows(),
                shared.routes(),
                random,
                shared.nanos(),
                forward,
                shared.settings().serviceSecret());
        return new Companion.Loop(
                vertx,
                shadows,
                new CacheLoop(shared.cache(), forward.wholeAnswerMax().toBytes()));
    }

    /// The event loop's, for what calls it in another protocol.
    public InferPipeline pipeline() {
        return pipeline;
    }

    @Override
    public void handle(Exchange exchange) {
        String raw = exchange.request().path();
        var path = raw == null ? new PublicPath.Unknown() : PublicPath.of(raw);
        var method = path.method();
        if (method != null && !method.equals(exchange.request().method()) && !(path instanceof PublicPath.Unknown)) {
            exchange.request().response().headers().set(HttpHeaders.ALLOW, method.name());
            throw new ProblemException(
                    Problem.METHOD_NOT_ALLOWED,
                    exchange.request().method() + " " + raw + " (expected: " + method.name() + ")");
        }
        switch (path) {
            case PublicPath.Infer(var model, var version) -> pipeline.infer(exchange, model, version);
            case PublicPath.Model(var model, var version) -> pipeline.metadata(exchange, model, version);
            case PublicPath.ModelReady(var model, var version) -> ready(exchange, model, version);
            case PublicPath.Config(var model, var version) -> pipeline.config(exchange, model, version);
            case PublicPath.Statistics(var model, var version) -> statistics(exchange, model, version);
            case PublicPath.Embeddings _ -> pipeline.embeddings(exchange);
            case PublicPath.Predict(var model, var version) -> pipeline.predict(exchange, model, version);
            case PublicPath.OpenAiModels _ ->
                exchange.answerJson(200, OpenAiModels.json(routes.current(), predicting(exchange)));
            case PublicPath.OpenAiModel(var model) -> {
                authenticate(exchange).require(Role.PREDICT, model.name());
                exchange.answerJson(200, OpenAiModels.json(routes.current().model(model.name()), model));
            }
            case PublicPath.Status(var model, var version) -> {
                authenticate(exchange).require(Role.PREDICT, model);
                exchange.answerJson(200, VersionStatus.json(routes.current().model(model), version));
            }
            case PublicPath.Control(var passed) -> registry.pass(exchange, passed);
            case PublicPath.Index _ -> index(exchange);
            case PublicPath.Server _ -> {
                authenticate(exchange);
                exchange.answerJson(200, server);
            }
            case PublicPath.Live _ -> exchange.answerJson(200, "{\"live\":true}");
            case PublicPath.Ready _ -> {
                boolean ready = routes.newest().isPresent() && !exchange.isStopping();
                exchange.answerJson(ready ? 200 : 503, "{\"ready\":" + ready + "}");
            }
            case PublicPath.Root _ -> exchange.answerJson(200, root);
            case PublicPath.Unknown _ -> throw new ProblemException(Problem.NOT_FOUND, "nothing is at " + shown(raw));
        }
    }

    private void statistics(Exchange exchange, @Nullable String model, @Nullable String version) {
        statistics(exchange, new HttpCaller(exchange), model, version)
                .onComplete(json -> answerJson(exchange, json), cause -> refuse(exchange, cause));
    }

    /// Triton's statistics as JSON, of one version, of a model's, or of all that the caller may see; it answers
    /// nothing itself.
    ///
    /// @param notes takes headers for the answer
    /// @throws ProblemException what the caller is to be refused with, as the future's failure too
    public Future<Buffer> statistics(Exchange exchange, Notes notes, @Nullable String model, @Nullable String version) {
        var grant = predicting(exchange);
        if (model != null) {
            pipeline.admitQuestion(exchange, notes, model);
        }
        return statistics.of(routes.current(), grant, model, version, exchange.requestId(), pipeline.millis(exchange));
    }

    private static void answerJson(Exchange exchange, Buffer json) {
        if (!exchange.request().response().closed()) {
            exchange.answerJson(200, json);
        }
    }

    private static void refuse(Exchange exchange, Throwable cause) {
        if (cause instanceof ProblemException problem) {
            exchange.refuse(problem);
        } else {
            log.error("event=statistics-failed", cause);
            exchange.refuse(new ProblemException(Problem.INTERNAL, "a bug; the gateway's log has more", cause));
        }
    }

    private static String shown(@Nullable String path) {
        return path == null ? "this path" : path.length() <= 200 ? path : path.substring(0, 200) + "...";
    }

    private Grant authenticate(Exchange exchange) {
        return authenticator.authenticate(exchange.headers(), routes.current().keys());
    }

    private Grant predicting(Exchange exchange) {
        var grant = authenticate(exchange);
        grant.require(Role.PREDICT);
        return grant;
    }

    private void ready(Exchange exchange, String name, @Nullable String version) {
        authenticate(exchange).require(Role.PREDICT, name);
        ModelRoute model = routes.current().model(name);
        boolean ready = version == null ? model.ready() : model.version(version).ready();
        if (!ready) {
            String what = version == null ? "model " + name : "version " + name + "/" + version;
            throw ProblemException.retryAfter(Problem.VERSION_NOT_READY, what + " has no Ready replica", 1);
        }
        exchange.answerJson(200, "{\"name\":\"" + name + "\",\"ready\":true}");
    }

    private void index(Exchange exchange) {
        var grant = predicting(exchange);
        var request = exchange.request();
        String encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !"identity".equalsIgnoreCase(encoding)) {
            throw new ProblemException(
                    Problem.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding: " + encoding + " (expected: none)");
        }
        if (exchange.headers().contains(HttpHeaders.EXPECT)) {
            request.response().writeContinue();
        }
        var body = Buffer.buffer();
        request.handler(piece -> {
            if (body.length() <= INDEX_BODY_BYTES_MAX) {
                body.appendBuffer(piece);
            }
        });
        request.endHandler(_ -> answerIndex(exchange, grant, body));
    }

    private void answerIndex(Exchange exchange, Grant grant, Buffer body) {
        try {
            if (body.length() > INDEX_BODY_BYTES_MAX) {
                throw new ProblemException(
                        Problem.BODY_TOO_LARGE, "the body is larger than " + INDEX_BODY_BYTES_MAX + " bytes");
            }
            boolean readyOnly = RepositoryIndex.readyOnly(body.getBytes());
            exchange.answerJson(200, RepositoryIndex.json(routes.current(), grant, readyOnly));
        } catch (ProblemException e) {
            exchange.refuse(e);
        }
    }
}
