package io.presage.api.grpc;

import io.presage.api.grpc.wire.HealthCheckRequest;
import io.presage.api.grpc.wire.HealthCheckResponse;
import io.presage.api.routes.Routes;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/// One `Watch` call: tells the status, and each change of it, until the client goes or the gateway stops. One
/// event loop.
final class HealthWatch {
    private static final long TICK_MILLIS = 500;

    private final Vertx vertx;
    private final Routes routes;
    private final GrpcStream stream;
    private final HealthCheckRequest asked;
    private HealthCheckResponse.@Nullable ServingStatus told;

    HealthWatch(Vertx vertx, Routes routes, GrpcStream stream, HealthCheckRequest asked) {
        this.vertx = vertx;
        this.routes = routes;
        this.stream = stream;
        this.asked = asked;
    }

    void start() {
        long timer = vertx.setPeriodic(TICK_MILLIS, this::tick);
        stream.whenGone(() -> vertx.cancelTimer(timer));
        tick(timer);
    }

    private void tick(long timer) {
        if (!stream.isOpen()) {
            vertx.cancelTimer(timer);
            return;
        }
        var now = Health.status(routes, stream.exchange(), asked);
        if (now != told) {
            told = now;
            stream.send(Health.answer(now));
        }
        if (stream.exchange().isStopping()) {
            vertx.cancelTimer(timer);
            stream.fail(new ProblemException(Problem.SHUTTING_DOWN, "the gateway is stopping"));
        }
    }
}
