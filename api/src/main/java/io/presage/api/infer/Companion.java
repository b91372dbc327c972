package io.presage.api.infer;

import io.presage.api.cache.CacheLoop;
import io.presage.api.cache.Found;
import io.presage.api.cache.Kept;
import io.presage.api.cache.Waiting;
import io.presage.api.limits.Body;
import io.presage.api.routes.VersionRoute;
import io.presage.api.shadow.Answer;
import io.presage.api.shadow.ShadowCall;
import io.presage.api.shadow.ShadowLoop;
import io.presage.contract.state.TrafficPolicy;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/// Goes along with one predict call of a route whose policy asks for more than a version: it may have the answer
/// already, or wait for that of an identical call; it keeps the body for the shadow, and hands over what the
/// worker
/// said. A call without such a policy has none. One event loop.
final class Companion {
    /// What the calls of one event loop share.
    record Loop(Vertx vertx, ShadowLoop shadows, CacheLoop cache) {}

    /// The call, as far as it waits for its companion. Both do nothing once it has ended.
    interface Held {
        /// It is answered without a worker.
        void answer(AnswerHead head, Buffer body);

        /// It goes to a worker.
        void goOn();
    }

    private final TrafficPolicy policy;
    private final Caller caller;
    private final Loop loop;
    private final String tenant;
    private final long timeoutMillis;
    private String version = "";
    private @Nullable ShadowCall shadow;
    private Found.@Nullable Seat seat;
    private Found.@Nullable Ticket ticket;

    /// @param tenant those that may be given each other's answers
    Companion(TrafficPolicy policy, Caller caller, Loop loop, String tenant, long timeoutMillis) {
        this.policy = policy;
        this.caller = caller;
        this.loop = loop;
        this.tenant = tenant;
        this.timeoutMillis = timeoutMillis;
    }

    /// The body is whole and goes to `route`. False when the call goes to a worker now; else `held` is told,
    /// now or
    /// later, on this event loop.
    boolean holds(Body body, VersionRoute route, Held held) {
        version = route.number();
        if (policy.cache() != null && isCached(policy.cache(), body, route, held)) {
            return true;
        }
        sample(body, route);
        return false;
    }

    private boolean isCached(TrafficPolicy.Cache terms, Body body, VersionRoute route, Held held) {
        Context context = loop.vertx().getOrCreateContext();
        Waiting waiting = kept -> context.runOnContext(_ -> landed(kept, body, route, held));
        var found = loop.cache().look(terms, route, tenant, caller.headers(), body, waiting);
        if (found.isEmpty()) {
            return false;
        }
        return switch (found.get()) {
            case Found.Hit(var kept) -> {
                held.answer(head(kept, route, "hit"), kept.body());
                yield true;
            }
            case Found.Joined(var taken) -> {
                seat = taken;
                yield true;
            }
            case Found.Lead(var lead) -> {
                ticket = lead;
                yield false;
            }
        };
    }

    private static AnswerHead head(Kept kept, VersionRoute route, String cache) {
        return new AnswerHead(200, kept.headers(), route.number(), cache);
    }

    private void landed(@Nullable Kept kept, Body body, VersionRoute route, Held held) {
        if (seat == null) {
            return;
        }
        seat = null;
        if (kept == null) {
            sample(body, route);
            held.goOn();
        } else {
            held.answer(head(kept, route, "joined"), kept.body());
        }
    }

    private void sample(Body body, VersionRoute route) {
        if (policy.shadow() != null) {
            shadow = loop.shadows()
                    .sample(policy, route, caller.headers(), caller.requestId(), timeoutMillis, body)
                    .orElse(null);
        }
    }

    /// This is the whole answer, which the caller gets next: who asks the same once it is there finds it. One of a
    /// version that the call moved to on its way is not what others look for under the first one's digest.
    void keep(AnswerHead head, Buffer body) {
        if (ticket == null) {
            return;
        }
        if (head.version().equals(version)) {
            loop.cache().kept(head.status(), head.headers(), body).ifPresentOrElse(ticket::landed, ticket::failed);
        } else {
            ticket.failed();
        }
        ticket = null;
    }

    /// The caller has this whole answer, which took `nanos` from the sending of the request.
    void answered(AnswerHead head, Buffer body, long nanos) {
        if (shadow == null) {
            return;
        }
        if (head.status() == 200 && head.version().equals(version)) {
            shadow.answered(new Answer(head.headers(), body, nanos));
        } else {
            shadow.unanswered();
        }
        shadow = null;
    }

    /// The answer goes to the caller in pieces, which are not kept.
    void streams() {
        if (shadow != null) {
            shadow.tooLarge();
            shadow = null;
        }
        ended();
    }

    /// The call ended without a whole answer of a worker.
    void ended() {
        if (seat != null) {
            seat.leave();
            seat = null;
        }
        if (ticket != null) {
            ticket.failed();
            ticket = null;
        }
        if (shadow != null) {
            shadow.unanswered();
            shadow = null;
        }
    }
}
