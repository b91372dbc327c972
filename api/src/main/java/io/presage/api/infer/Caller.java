package io.presage.api.infer;

import io.presage.api.limits.Notes;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;

/// Who makes a predict call and gets its answer: an HTTP client that is given what the worker said, or another
/// protocol's that is translated for it. The end is told once: by [#answered], [#refuse], or a [#stream] that
/// ended.
/// One event loop.
public interface Caller extends Notes {
    /// API key, deadline, sticky key, priority, and what is passed on to the worker, under the names that OIP's
    /// REST
    /// form gives them.
    MultiMap headers();

    /// Chosen by the client or made here.
    String requestId();

    /// When the call's head had been read, on the clock of elapsed time.
    long arrivedNanos();

    /// Adds a header to whatever answer will come, where this protocol has a place for it.
    @Override
    default void note(CharSequence header, String value) {
        // Most have none.
    }

    /// `gone` is to be run when the client goes away before the end, at most once. Called after the body arrived.
    void whenGone(Runnable gone);

    /// The worker's whole answer, which may be an error too.
    void answered(AnswerHead head, Buffer body);

    /// Where an answer goes that is too large to be held, its head set as [#answered] has it; empty when this
    /// caller
    /// takes whole answers only.
    Optional<HttpServerResponse> stream(AnswerHead head);

    void refuse(ProblemException problem);

    /// The client did not send the whole body: nobody is there to be told.
    void breakOff();
}
