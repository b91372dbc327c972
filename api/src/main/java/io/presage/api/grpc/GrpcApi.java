package io.presage.api.grpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.presage.api.access.Authenticator;
import io.presage.api.access.Grant;
import io.presage.api.grpc.wire.HealthCheckRequest;
import io.presage.api.grpc.wire.ModelConfigRequest;
import io.presage.api.grpc.wire.ModelMetadataRequest;
import io.presage.api.grpc.wire.ModelReadyRequest;
import io.presage.api.grpc.wire.ModelReadyResponse;
import io.presage.api.grpc.wire.ModelStatisticsRequest;
import io.presage.api.grpc.wire.RepositoryIndexRequest;
import io.presage.api.grpc.wire.RepositoryIndexResponse;
import io.presage.api.grpc.wire.ServerLiveResponse;
import io.presage.api.grpc.wire.ServerMetadataResponse;
import io.presage.api.grpc.wire.ServerReadyResponse;
import io.presage.api.http.Exchange;
import io.presage.api.infer.InferPipeline;
import io.presage.api.infer.PublicApi;
import io.presage.api.limits.Bodies;
import io.presage.api.limits.Body;
import io.presage.api.routes.ModelRoute;
import io.presage.api.routes.Routes;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Role;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All methods of the gRPC services. What is no gRPC goes to the port's other application. One per event loop;
/// never blocks.
///
/// A key is asked for before a byte of a body is held, as in REST; which model it is about is known after that.
public final class GrpcApi implements Handler<Exchange> {
    private static final Logger log = LoggerFactory.getLogger(GrpcApi.class);
    private static final String TYPE = "application/grpc";
    private static final String ENCODING = "grpc-encoding";
    private static final String TIMEOUT = "grpc-timeout";
    private static final CharSequence REPLICAS_ASKED = HttpHeaders.createOptimized("presage-replicas-asked");
    private static final CharSequence REPLICAS_ANSWERED = HttpHeaders.createOptimized("presage-replicas-answered");

    /// What all event loops share.
    ///
    /// @param version of the product
    /// @param defaultMillis how long a call may take whose caller does not say
    public record Shared(
            Routes routes,
            Bodies bodies,
            LongSupplier nanos,
            GrpcProperties properties,
            String version,
            long defaultMillis) {}

    private final Vertx vertx;
    private final Shared shared;
    private final PublicApi api;
    private final InferPipeline pipeline;
    private final Authenticator authenticator = new Authenticator();

    /// Call it on the event loop. `api` is that loop's: what is no gRPC goes there.
    public GrpcApi(Vertx vertx, Shared shared, PublicApi api) {
        this.vertx = vertx;
        this.shared = shared;
        this.api = api;
        this.pipeline = api.pipeline();
    }

    @Override
    public void handle(Exchange exchange) {
        if (exchange.isHttp2() && isGrpc(exchange.headers().get(HttpHeaders.CONTENT_TYPE))) {
            var stream = new GrpcStream(exchange);
            guarded(stream, () -> serve(stream));
        } else {
            api.handle(exchange);
        }
    }

    private static boolean isGrpc(@Nullable String type) {
        return type != null
                && type.startsWith(TYPE)
                && (type.length() == TYPE.length()
                        || type.charAt(TYPE.length()) == '+'
                        || type.charAt(TYPE.length()) == ';');
    }

    /// Runs `step`; what it throws is the call's end.
    private static void guarded(GrpcStream stream, Runnable step) {
        try {
            step.run();
        } catch (ProblemException e) {
            stream.refuse(e);
        } catch (RuntimeException e) {
            log.error("event=bug request_id={}", stream.exchange().requestId(), e);
            stream.refuse(new ProblemException(Problem.INTERNAL, "an unexpected error; the log has its cause", e));
        }
    }

    private void serve(GrpcStream stream) {
        var exchange = stream.exchange();
        var request = exchange.request();
        String path = String.valueOf(request.path());
        if (request.method() != HttpMethod.POST) {
            throw new ProblemException(Problem.METHOD_NOT_ALLOWED, request.method() + " (expected: POST)");
        }
        var timeout = GrpcTimeout.millis(exchange.headers().get(TIMEOUT));
        if (timeout.isPresent() && timeout.getAsLong() == 0) {
            throw new ProblemException(Problem.DEADLINE_EXCEEDED, "grpc-timeout: 0 (expected: more)");
        }
        prepare(exchange.headers(), timeout);
        switch (path) {
            case "/inference.GRPCInferenceService/ModelInfer" -> {
                authenticate(stream);
                unary(stream, timeout, message -> infer(stream, message));
            }
            case "/inference.GRPCInferenceService/ModelStreamInfer" -> {
                authenticate(stream);
                new InferStream(vertx, shared, pipeline, stream, encoding(stream), timeout).start();
            }
            case "/inference.GRPCInferenceService/ModelMetadata" -> {
                authenticate(stream);
                small(stream, timeout, ModelMetadataRequest.parser(), this::metadata);
            }
            case "/inference.GRPCInferenceService/ModelConfig" -> {
                authenticate(stream);
                small(stream, timeout, ModelConfigRequest.parser(), this::config);
            }
            case "/inference.GRPCInferenceService/ModelStatistics" -> {
                authenticate(stream);
                small(stream, timeout, ModelStatisticsRequest.parser(), this::statistics);
            }
            case "/inference.GRPCInferenceService/ModelReady" -> {
                var grant = authenticate(stream);
                small(stream, timeout, ModelReadyRequest.parser(), (to, asked) -> modelReady(to, grant, asked));
            }
            case "/inference.GRPCInferenceService/RepositoryIndex" -> {
                var grant = authenticate(stream);
                grant.require(Role.PREDICT);
                small(stream, timeout, RepositoryIndexRequest.parser(), (to, asked) -> index(to, grant, asked));
            }
            case "/inference.GRPCInferenceService/ServerMetadata" -> {
                authenticate(stream);
                unary(stream, timeout, _ -> serverMetadata(stream));
            }
            case "/inference.GRPCInferenceService/ServerLive" ->
                unary(
                        stream,
                        timeout,
                        _ -> stream.answer(
                                ServerLiveResponse.newBuilder().setLive(true).build()));
            case "/inference.GRPCInferenceService/ServerReady" ->
                unary(
                        stream,
                        timeout,
                        _ -> stream.answer(ServerReadyResponse.newBuilder()
                                .setReady(Health.isServing(shared.routes(), exchange))
                                .build()));
            case "/grpc.health.v1.Health/Check" ->
                small(
                        stream,
                        timeout,
                        HealthCheckRequest.parser(),
                        (to, asked) -> to.answer(Health.check(shared.routes(), exchange, asked)));
            case "/grpc.health.v1.Health/Watch" ->
                small(
                        stream,
                        timeout,
                        HealthCheckRequest.parser(),
                        (to, asked) -> new HealthWatch(vertx, shared.routes(), to, asked).start());
            case "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" -> {
                authenticate(stream);
                new ReflectionStream(vertx, shared, stream, encoding(stream)).start();
            }
            default ->
                throw new ProblemException(
                        Problem.UNSUPPORTED,
                        "no method " + (path.length() <= 200 ? path : path.substring(0, 200) + "..."));
        }
    }

    /// Metadata become the headers that a predict call has in REST.
    private static void prepare(MultiMap headers, OptionalLong timeout) {
        timeout.ifPresent(millis -> headers.set(Headers.TIMEOUT_MILLIS, Long.toString(millis)));
        headers.remove(HttpHeaders.CONTENT_TYPE);
        headers.remove(HttpHeaders.CONTENT_ENCODING);
        headers.remove(HttpHeaders.ACCEPT);
        headers.remove(HttpHeaders.ACCEPT_ENCODING);
        headers.remove(Headers.INFERENCE_HEADER_CONTENT_LENGTH);
    }

    private Grant authenticate(GrpcStream stream) {
        return authenticator.authenticate(
                stream.exchange().headers(), shared.routes().current().keys());
    }

    private static @Nullable String encoding(GrpcStream stream) {
        return stream.exchange().headers().get(ENCODING);
    }

    /// Receives the one message of a call.
    private void unary(GrpcStream stream, OptionalLong timeout, Consumer<byte[]> method) {
        var incoming = shared.bodies().receive(stream.exchange().request());
        long millis = timeout.orElse(shared.defaultMillis());
        long timer = vertx.setTimer(
                millis,
                _ -> incoming.abort(new ProblemException(
                        Problem.REQUEST_TIMEOUT, "the message did not arrive within " + millis + " ms")));
        incoming.whole()
                .onComplete(
                        body -> {
                            vertx.cancelTimer(timer);
                            guarded(stream, () -> method.accept(message(body, encoding(stream))));
                        },
                        cause -> {
                            vertx.cancelTimer(timer);
                            if (cause instanceof ProblemException problem) {
                                stream.refuse(problem);
                            } else {
                                stream.breakOff();
                            }
                        });
    }

    private byte[] message(Body body, @Nullable String encoding) {
        try (body) {
            return Frames.only(body.joined(), encoding, shared.bodies().bytesMax());
        }
    }

    private <T extends MessageLite> void small(
            GrpcStream stream, OptionalLong timeout, Parser<T> parser, BiConsumer<GrpcStream, T> method) {
        unary(stream, timeout, message -> method.accept(stream, Wire.small(message, parser)));
    }

    private void infer(GrpcStream stream, byte[] bytes) {
        var message = InferMessage.of(bytes);
        var caller = new UnaryCaller(stream, InferAnswer::of);
        var call = pipeline.admit(caller, Named.model(message.modelName()), Named.version(message.modelVersion()));
        call.start(() -> {
            var body = OipBody.of(message, shared.bodies().bytesMax());
            body.describe(caller.headers());
            return shared.bodies().made(body.pieces());
        });
    }

    private void metadata(GrpcStream stream, ModelMetadataRequest asked) {
        pipeline.question(
                        new UnaryCaller(stream, (_, answer) -> ModelMetadata.of(answer)),
                        Named.model(asked.getName()),
                        Named.version(asked.getVersion()))
                .start(shared.bodies().made(Buffer.buffer()));
    }

    private void config(GrpcStream stream, ModelConfigRequest asked) {
        pipeline.configuration(
                        new UnaryCaller(stream, (_, answer) -> ConfigAnswer.of(answer)),
                        Named.model(asked.getName()),
                        Named.version(asked.getVersion()))
                .start(shared.bodies().made(Buffer.buffer()));
    }

    private void statistics(GrpcStream stream, ModelStatisticsRequest asked) {
        String model = asked.getName().isEmpty() ? null : Named.model(asked.getName());
        if (model == null && !asked.getVersion().isEmpty()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "a version without the model's name (expected: both, or no version)");
        }
        api.statistics(stream.exchange(), stream::note, model, Named.version(asked.getVersion()))
                // Of all models there is too much for an event loop.
                .compose(json -> vertx.executeBlocking(() -> StatisticsAnswer.of(json)))
                .onComplete(
                        answer -> {
                            stream.note(REPLICAS_ASKED, Integer.toString(answer.asked()));
                            stream.note(REPLICAS_ANSWERED, Integer.toString(answer.answered()));
                            stream.answer(answer.message());
                        },
                        cause -> guarded(stream, () -> {
                            throw cause instanceof ProblemException problem
                                    ? problem
                                    : new IllegalStateException("statistics cannot be told. This is a bug.", cause);
                        }));
    }

    private void modelReady(GrpcStream stream, Grant grant, ModelReadyRequest asked) {
        String name = Named.model(asked.getName());
        String version = Named.version(asked.getVersion());
        grant.require(Role.PREDICT, name);
        ModelRoute model = shared.routes().current().model(name);
        stream.answer(ModelReadyResponse.newBuilder()
                .setReady(
                        version == null ? model.ready() : model.version(version).ready())
                .build());
    }

    private void index(GrpcStream stream, Grant grant, RepositoryIndexRequest asked) {
        var index = RepositoryIndexResponse.newBuilder();
        for (var model : shared.routes().current().models()) {
            if (grant.covers(model.name())) {
                for (var version : model.versions()) {
                    if (version.ready() || !asked.getReady()) {
                        index.addModelsBuilder()
                                .setName(model.name())
                                .setVersion(version.number())
                                .setState(version.ready() ? "READY" : "UNAVAILABLE")
                                .setReason(version.ready() ? "" : "no Ready replica");
                    }
                }
            }
        }
        stream.answer(index.build());
    }

    private void serverMetadata(GrpcStream stream) {
        stream.answer(ServerMetadataResponse.newBuilder()
                .setName("presage")
                .setVersion(shared.version())
                .addExtensions("model_configuration")
                .addExtensions("model_repository")
                .addExtensions("statistics")
                .build());
    }
}
