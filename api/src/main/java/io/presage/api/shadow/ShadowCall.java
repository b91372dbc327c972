package io.presage.api.shadow;

import io.presage.api.limits.Body;
import io.presage.api.replicas.Replica;
import io.presage.contract.state.TrafficPolicy;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One call that is to be asked once more, with its request's body, from the arrival of that body on. It ends
/// once: the
/// caller got no 200, nobody can be asked, or the two answers were compared. One event loop.
public final class ShadowCall {
    /// The call that is repeated.
    ///
    /// @param headers the client's
    record Asked(MultiMap headers, String requestId, long timeoutMillis) {}

    private final ShadowLoop loop;
    private final Pair pair;
    private final TrafficPolicy.Shadow terms;
    private final Asked asked;
    private final Body body;
    private long timer = -1;
    private long sentNanos;
    private boolean over;
    private @Nullable HttpClientRequest request;

    /// Room in `loop`'s [Shadows] was taken, and is this call's now; so is `body`.
    ShadowCall(ShadowLoop loop, Pair pair, TrafficPolicy.Shadow terms, Asked asked, Body body) {
        this.loop = loop;
        this.pair = pair;
        this.terms = terms;
        this.asked = asked;
        this.body = body;
    }

    /// The caller got no 200: there is nothing to compare with.
    public void unanswered() {
        end();
    }

    /// The caller gets an answer that is not held.
    public void tooLarge() {
        end(new Verdict.Dropped());
    }

    /// The caller has `answer`: now the shadow is asked.
    public void answered(Answer answer) {
        Optional<Replica> replica = loop.replica(pair);
        if (replica.isEmpty() || answer.body().length() > loop.answerBytesMax()) {
            end(new Verdict.Dropped());
            return;
        }
        sentNanos = loop.nanos();
        timer = loop.vertx().setTimer(Math.max(1, asked.timeoutMillis()), _ -> end(new Verdict.Failed()));
        loop.connect(replica.get(), pair)
                .onComplete(connected -> write(connected, answer), _ -> end(new Verdict.Failed()));
    }

    private void write(HttpClientRequest connected, Answer answer) {
        if (over) {
            connected.reset();
            return;
        }
        request = connected;
        connected.exceptionHandler(_ -> {});
        loop.prepare(connected, asked);
        connected.response().onComplete(response -> read(response, answer), _ -> end(new Verdict.Failed()));
        var pieces = body.pieces();
        connected.headers().set("Content-Length", Long.toString(body.bytes()));
        for (var piece : pieces) {
            connected.write(piece);
        }
        connected.end();
    }

    private void read(HttpClientResponse response, Answer answer) {
        response.exceptionHandler(_ -> end(new Verdict.Failed()));
        if (over) {
            return;
        }
        if (response.statusCode() != 200) {
            // Its body runs off unread, and the connection can be used again.
            request = null;
            // It has no room for a shadow, which is no fault of the version.
            boolean isFull = response.statusCode() == 503 || response.statusCode() == 429;
            end(isFull ? new Verdict.Dropped() : new Verdict.Failed());
            return;
        }
        var whole = Buffer.buffer();
        response.handler(piece -> {
            if (whole.length() + piece.length() > loop.answerBytesMax()) {
                end(new Verdict.Dropped());
            } else {
                whole.appendBuffer(piece);
            }
        });
        response.endHandler(_ -> {
            request = null;
            compare(answer, new Answer(response.headers(), whole, loop.nanos() - sentNanos));
        });
    }

    private void compare(Answer answer, Answer shadow) {
        if (over) {
            return;
        }
        loop.vertx().cancelTimer(timer);
        body.close();
        loop.comparing()
                .executeBlocking(() -> Comparison.of(answer, shadow, terms.tolerance(), loop.answerBytesMax()), false)
                .onComplete(
                        verdict -> {
                            loop.tally().add(pair, verdict, answer.nanos(), shadow.nanos());
                            end();
                        },
                        _ -> end(new Verdict.Dropped()));
    }

    private void end(Verdict verdict) {
        if (!over) {
            loop.tally().add(pair, verdict, 0, 0);
            end();
        }
    }

    private void end() {
        if (over) {
            return;
        }
        over = true;
        loop.vertx().cancelTimer(timer);
        body.close();
        loop.shadows().close(pair.model());
        var unanswered = request;
        if (unanswered != null) {
            unanswered.reset();
        }
    }
}
