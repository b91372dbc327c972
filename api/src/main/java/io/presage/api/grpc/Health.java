package io.presage.api.grpc;

import io.presage.api.grpc.wire.HealthCheckRequest;
import io.presage.api.grpc.wire.HealthCheckResponse;
import io.presage.api.http.Exchange;
import io.presage.api.routes.Routes;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;

/// What `grpc.health.v1.Health` answers: the gateway serves once it has a routing table, until it stops. Open
/// without a key, as `/v2/health`. Pure.
final class Health {
    private static final String INFERENCE = "inference.GRPCInferenceService";

    static boolean isServing(Routes routes, Exchange exchange) {
        return routes.newest().isPresent() && !exchange.isStopping();
    }

    /// @throws ProblemException NOT_FOUND for a service that is not here
    static HealthCheckResponse check(Routes routes, Exchange exchange, HealthCheckRequest asked) {
        if (!isKnown(asked)) {
            throw new ProblemException(Problem.NOT_FOUND, "no such service (expected: none, or " + INFERENCE + ")");
        }
        return answer(status(routes, exchange, asked));
    }

    static HealthCheckResponse.ServingStatus status(Routes routes, Exchange exchange, HealthCheckRequest asked) {
        if (!isKnown(asked)) {
            return HealthCheckResponse.ServingStatus.SERVICE_UNKNOWN;
        }
        return isServing(routes, exchange)
                ? HealthCheckResponse.ServingStatus.SERVING
                : HealthCheckResponse.ServingStatus.NOT_SERVING;
    }

    static HealthCheckResponse answer(HealthCheckResponse.ServingStatus status) {
        return HealthCheckResponse.newBuilder().setStatus(status).build();
    }

    private static boolean isKnown(HealthCheckRequest asked) {
        return asked.getService().isEmpty() || asked.getService().equals(INFERENCE);
    }

    private Health() {}
}
