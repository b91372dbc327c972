package io.presage.api.grpc;

import com.google.protobuf.MessageLite;
import io.presage.api.infer.AnswerHead;
import io.presage.api.infer.Caller;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;
import java.util.function.BiFunction;

/// Who makes a call of one message and gets one back. One event loop.
///
/// @param translation of a worker's 200; may throw a [ProblemException]
record UnaryCaller(GrpcStream stream, BiFunction<AnswerHead, Buffer, MessageLite> translation) implements Caller {
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
    public void note(CharSequence header, String value) {
        stream.note(header, value);
    }

    @Override
    public void whenGone(Runnable gone) {
        stream.whenGone(gone);
    }

    @Override
    public void answered(AnswerHead head, Buffer body) {
        stream.answeredBy(head);
        if (head.status() != 200) {
            stream.fail(WorkerError.of(head.status(), body, head.headers().get(HttpHeaders.RETRY_AFTER)));
            return;
        }
        try {
            stream.answer(translation.apply(head, body));
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
