package io.presage.api.grpc;

import io.presage.api.infer.AnswerHead;
import io.presage.api.infer.Caller;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;

/// Who makes a `ModelInfer` call. One event loop.
final class InferCaller implements Caller {
    private static final CharSequence BINARY = HttpHeaders.createOptimized("application/octet-stream");

    private final GrpcStream stream;

    InferCaller(GrpcStream stream) {
        this.stream = stream;
    }

    /// The headers of a body that was translated.
    void describe(OipBody body) {
        describe(headers(), body);
    }

    static void describe(MultiMap headers, OipBody body) {
        headers.set(HttpHeaders.CONTENT_TYPE, BINARY);
        headers.set(Headers.INFERENCE_HEADER_CONTENT_LENGTH, Integer.toString(body.jsonLength()));
    }

    @Override
    public MultiMap headers() {
        return stream.exchange().headers();
    }

    @Override
    public String requestId() {
        return stream.exchange().requestId();
    }

    @Override
    public long arrivedNanos() {
        return stream.exchange().arrivedNanos();
    }

    @Override
    public void whenGone(Runnable gone) {
        stream.whenGone(gone);
    }

    @Override
    public void answered(AnswerHead head, Buffer body) {
        if (head.status() != 200) {
            stream.fail(WorkerError.of(head.status(), body, head.headers().get(HttpHeaders.RETRY_AFTER)));
            return;
        }
        try {
            var message = InferAnswer.of(body, head.headers().get(Headers.INFERENCE_HEADER_CONTENT_LENGTH));
            stream.version(head.version());
            stream.answer(message);
        } catch (ProblemException e) {
            stream.refuse(e);
        }
    }

    @Override
    public Optional<HttpServerResponse> stream(AnswerHead head) {
        return Optional.empty();
    }

    @Override
    public void refuse(ProblemException problem) {
        stream.refuse(problem);
    }

    @Override
    public void breakOff() {
        stream.breakOff();
    }
}
