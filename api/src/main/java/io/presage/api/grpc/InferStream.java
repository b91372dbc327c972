package io.presage.api.grpc;

import io.presage.api.grpc.wire.InferParameter;
import io.presage.api.grpc.wire.ModelStreamInferResponse;
import io.presage.api.infer.AnswerHead;
import io.presage.api.infer.Caller;
import io.presage.api.infer.InferPipeline;
import io.presage.api.limits.Bodies;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One `ModelStreamInfer` call: each message is a predict call of its own, with its own version, permit and
/// deadline; one that fails is answered with `error_message`, and the stream goes on, as Triton's does.
final class InferStream extends DuplexStream {
    private final Bodies bodies;
    private final LongSupplier nanos;
    private final InferPipeline pipeline;
    private long count;
    private @Nullable Runnable gone;

    InferStream(
            Vertx vertx,
            GrpcApi.Shared shared,
            InferPipeline pipeline,
            GrpcStream stream,
            @Nullable String encoding,
            OptionalLong deadlineMillis) {
        super(vertx, shared, stream, encoding, deadlineMillis);
        this.bodies = shared.bodies();
        this.nanos = shared.nanos();
        this.pipeline = pipeline;
    }

    @Override
    void message(byte[] bytes) {
        gone = null;
        count++;
        leftMillis()
                .ifPresent(left -> stream()
                        .exchange()
                        .headers()
                        .set(Headers.TIMEOUT_MILLIS, Long.toString(Math.clamp(left, 1, GrpcTimeout.MILLIS_MAX))));
        var one = new One(id(), nanos.getAsLong());
        try {
            var message = InferMessage.of(bytes);
            one.id = message.id();
            var call = pipeline.admit(one, Named.model(message.modelName()), Named.version(message.modelVersion()));
            call.start(() -> {
                var body = OipBody.of(message, bodies.bytesMax());
                body.describe(one.headers());
                return bodies.made(body.pieces());
            });
        } catch (ProblemException e) {
            one.refuse(e);
        }
    }

    /// Each message is split on its own.
    private String id() {
        String of = stream().exchange().requestId();
        return of.length() > 100 ? of : of + "." + count;
    }

    @Override
    void abandoned() {
        if (gone != null) {
            gone.run();
        }
    }

    /// Who makes the call of one message.
    private final class One implements Caller {
        private final String requestId;
        private final long arrivedNanos;
        private String id = "";

        private One(String requestId, long arrivedNanos) {
            this.requestId = requestId;
            this.arrivedNanos = arrivedNanos;
        }

        @Override
        public MultiMap headers() {
            return InferStream.this.stream().exchange().headers();
        }

        @Override
        public String requestId() {
            return requestId;
        }

        @Override
        public long arrivedNanos() {
            return arrivedNanos;
        }

        /// Heads are gone: what the last message got is in the trailers.
        @Override
        public void note(CharSequence header, String value) {
            InferStream.this.stream().note(header, value);
        }

        @Override
        public void whenGone(Runnable whenGone) {
            gone = whenGone;
        }

        @Override
        public void answered(AnswerHead head, Buffer body) {
            if (head.status() != 200) {
                tell(WorkerError.of(head.status(), body, head.headers().get(HttpHeaders.RETRY_AFTER)));
                return;
            }
            try {
                var answer = InferAnswer.of(head, body);
                InferStream.this.stream()
                        .send(ModelStreamInferResponse.newBuilder()
                                .setInferResponse(answer)
                                .build());
                done();
            } catch (ProblemException e) {
                refuse(e);
            }
        }

        @Override
        public Optional<HttpServerResponse> stream(AnswerHead head) {
            return Optional.empty();
        }

        @Override
        public void refuse(ProblemException problem) {
            InferStream.this.stream().exchange().refusedAs(problem.problem());
            tell(problem);
        }

        private void tell(ProblemException problem) {
            var answer = ModelStreamInferResponse.newBuilder().setErrorMessage(problem.detail());
            var response = answer.getInferResponseBuilder().setId(id);
            response.putParameters(
                    "presage_problem",
                    InferParameter.newBuilder()
                            .setStringParam(problem.problem().name())
                            .build());
            if (problem.problem().retryable()) {
                response.putParameters(
                        "retry_after",
                        InferParameter.newBuilder()
                                .setInt64Param(Math.max(1, problem.retryAfterSeconds()))
                                .build());
            }
            InferStream.this.stream().send(answer.build());
            done();
        }

        @Override
        public void breakOff() {
            InferStream.this.stream().breakOff();
        }
    }
}
