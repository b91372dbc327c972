package io.presage.api.infer;

import io.presage.api.access.Authenticator;
import io.presage.api.access.Grant;
import io.presage.api.forward.HedgingProperties;
import io.presage.api.forward.Retries;
import io.presage.api.forward.WorkerClient;
import io.presage.api.http.Exchange;
import io.presage.api.limits.Bodies;
import io.presage.api.limits.Body;
import io.presage.api.limits.Notes;
import io.presage.api.limits.Permit;
import io.presage.api.limits.RateLimits;
import io.presage.api.replicas.Targets;
import io.presage.api.routes.Asking;
import io.presage.api.routes.Routes;
import io.presage.api.routes.VersionRoute;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Role;
import io.presage.contract.state.TrafficPolicy;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The path of a call to a model, in the order in which it is walked: cheap refusals first, and nothing taken
/// that a later refusal would have to give back, but for the body's room. One per event loop, and everything on
/// it.
public final class InferPipeline {
    private static final int STICKY_KEY_CHARACTERS_MAX = 256;

    /// What all event loops share.
    record Shared(
            Routes routes,
            RateLimits limits,
            Bodies bodies,
            Targets targets,
            WaitingSpace waiting,
            Retries retries,
            GatewayMetrics metrics,
            LongSupplier nanos) {}

    private final Shared shared;
    private final Authenticator authenticator = new Authenticator();
    private final Deadlines deadlines;
    private final InferCall.Loop loop;
    private final Companion.Loop companions;

    InferPipeline(
            Shared shared,
            Vertx vertx,
            WorkerClient workers,
            Companion.Loop companions,
            RandomGenerator random,
            InferProperties properties,
            HedgingProperties hedging,
            InferCall.Terms terms) {
        this.shared = shared;
        this.companions = companions;
        this.deadlines = new Deadlines(properties.byDefault());
        this.loop = new InferCall.Loop(
                vertx,
                workers,
                shared.targets(),
                new WaitingRoom(vertx, shared.waiting()),
                random,
                shared.retries(),
                hedging,
                shared.metrics(),
                shared.nanos(),
                terms);
    }

    /// A predict call.
    void infer(Exchange exchange, String name, @Nullable String version) {
        receive(exchange, admit(new HttpCaller(exchange), name, version));
    }

    private void receive(Exchange exchange, InferCall call) {
        Bodies.Incoming incoming;
        try {
            incoming = shared.bodies().receive(exchange.request());
        } catch (ProblemException e) {
            call.refused(e);
            return;
        }
        call.start(incoming);
    }

    /// The first half of a predict call in another protocol: it may be made, its body may be translated. Then
    /// [InferCall#start] with the body as OIP has it; a call that is not started costs nothing.
    ///
    /// @throws ProblemException what the caller is to be refused with
    public InferCall admit(Caller caller, String name, @Nullable String version) {
        return admit(caller, name, version, InferCall.Kind.INFER);
    }

    private InferCall admit(Caller caller, String name, @Nullable String version, InferCall.Kind kind) {
        var admission = spend(caller, name);
        try {
            return version == null
                    ? chosen(caller, name, admission, kind)
                    : call(caller, pinned(name, version), kind, admission.permit());
        } catch (ProblemException e) {
            admission.permit().ended(0);
            throw e;
        }
    }

    private InferCall chosen(Caller caller, String name, Admission admission, InferCall.Kind kind) {
        var grant = admission.grant();
        var call = call(caller, chosen(caller, grant, name), kind, admission.permit());
        var policy = shared.routes().current().model(name).policy();
        // Shadows compare, and caches keep, what is asked in OIP's own form.
        return kind != InferCall.Kind.INFER || (policy.shadow() == null && policy.cache() == null)
                ? call
                : call.with(companion(policy, caller, grant));
    }

    private Companion companion(TrafficPolicy policy, Caller caller, Grant grant) {
        return new Companion(policy, caller, companions, grant.tenant(), deadlines.millis(caller.headers()));
    }

    /// A predict call in TensorFlow Serving's form, which the worker reads.
    void predict(Exchange exchange, String name, @Nullable String version) {
        receive(exchange, admit(new HttpCaller(exchange), name, version, InferCall.Kind.PREDICT));
    }

    /// OpenAI's embeddings, whose body names the model: it is received before the call can be admitted, though
    /// only from who may call any model at all.
    void embeddings(Exchange exchange) {
        authenticator
                .authenticate(exchange.headers(), shared.routes().current().keys())
                .require(Role.PREDICT);
        long millis = deadlines.millis(exchange.headers());
        NamedModel.requirePlain(exchange.headers());
        var incoming = shared.bodies().receive(exchange.request());
        long left = Deadlines.leftMillis(
                exchange.arrivedNanos(), millis, shared.nanos().getAsLong());
        long timer = loop.vertx()
                .setTimer(
                        Math.max(1, left),
                        _ -> incoming.abort(new ProblemException(
                                Problem.REQUEST_TIMEOUT, "the body did not arrive within " + millis + " ms")));
        incoming.whole()
                .onComplete(
                        body -> {
                            loop.vertx().cancelTimer(timer);
                            embed(exchange, body);
                        },
                        cause -> {
                            loop.vertx().cancelTimer(timer);
                            if (cause instanceof ProblemException problem) {
                                exchange.refuse(problem);
                            } else {
                                exchange.breakOff();
                            }
                        });
    }

    private void embed(Exchange exchange, Body body) {
        InferCall call;
        try {
            var model = NamedModel.of(body);
            call = admit(new HttpCaller(exchange), model.name(), model.version(), InferCall.Kind.EMBEDDINGS);
        } catch (ProblemException e) {
            body.close();
            exchange.refuse(e);
            return;
        }
        call.start(body);
    }

    /// A question about a model, which its replica answers: of the active version, when none is named.
    void metadata(Exchange exchange, String name, @Nullable String version) {
        question(new HttpCaller(exchange), name, version).start(shared.bodies().receive(exchange.request()));
    }

    /// The same for a caller of another protocol; its body is empty.
    ///
    /// @throws ProblemException what the caller is to be refused with
    public InferCall question(Caller caller, String name, @Nullable String version) {
        return question(caller, name, version, InferCall.Kind.METADATA);
    }

    /// The same for Triton's configuration of a model.
    void config(Exchange exchange, String name, @Nullable String version) {
        configuration(new HttpCaller(exchange), name, version)
                .start(shared.bodies().receive(exchange.request()));
    }

    /// [#question] for Triton's configuration of a model.
    public InferCall configuration(Caller caller, String name, @Nullable String version) {
        return question(caller, name, version, InferCall.Kind.CONFIG);
    }

    private InferCall question(Caller caller, String name, @Nullable String version, InferCall.Kind kind) {
        spend(caller, name).permit().ended(0);
        Supplier<VersionRoute> target = version == null ? active(name) : pinned(name, version);
        return call(caller, target, kind, Permit.PLAIN);
    }

    /// A question that is answered here.
    void admitQuestion(Exchange exchange, Notes notes, String name) {
        spend(exchange.headers(), notes, name).permit().ended(0);
    }

    /// Milliseconds that the caller gives its question.
    long millis(Exchange exchange) {
        return deadlines.millis(exchange.headers());
    }

    /// @param permit ended by whoever makes the call, or does not
    private record Admission(Grant grant, Permit permit) {}

    /// Who calls, may they, does it exist, and not too often.
    private Admission spend(Caller caller, String name) {
        return spend(caller.headers(), caller, name);
    }

    private Admission spend(MultiMap headers, Notes notes, String name) {
        var index = shared.routes().current();
        var grant = authenticator.authenticate(headers, index.keys());
        grant.require(Role.PREDICT, name);
        var model = index.model(name);
        return new Admission(grant, shared.limits().spend(grant, model.name(), notes));
    }

    private InferCall call(Caller caller, Supplier<VersionRoute> target, InferCall.Kind kind, Permit permit) {
        return new InferCall(caller, loop, target, kind, deadlines.millis(caller.headers()), target.get(), permit);
    }

    private Supplier<VersionRoute> chosen(Caller caller, Grant grant, String model) {
        String sticky = caller.headers().get(Headers.STICKY_KEY);
        if (sticky != null && sticky.length() > STICKY_KEY_CHARACTERS_MAX) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    Headers.STICKY_KEY + " of " + sticky.length() + " characters (expected: at most "
                            + STICKY_KEY_CHARACTERS_MAX + ")");
        }
        var asking = new Asking(caller.headers(), caller.requestId(), grant.keyId());
        return () -> shared.routes().current().model(model).chosen(asking);
    }

    private Supplier<VersionRoute> pinned(String model, String version) {
        return () -> shared.routes().current().model(model).version(version);
    }

    private Supplier<VersionRoute> active(String model) {
        return () -> shared.routes()
                .current()
                .model(model)
                .active()
                .orElseThrow(() -> ProblemException.retryAfter(
                        Problem.VERSION_NOT_READY, "model " + model + " has no version in force: promote one", 5));
    }
}
