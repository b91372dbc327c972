package io.presage.registry.placement;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Names;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class DeploymentController {
    private static final int REPLICAS_MAX = 1000;

    private final PlacementService service;

    DeploymentController(PlacementService service) {
        this.service = service;
    }

    /// Body of `PUT /models/M/deployment`.
    ///
    /// @param replicas wanted copies of each deployed version, 1..1000; at most the number of live workers are
    ///     made
    record Deployment(int replicas) {
        Deployment {
            if (replicas < 1 || replicas > REPLICAS_MAX) {
                throw new ProblemException(
                        Problem.INVALID_REQUEST, "replicas: " + replicas + " (expected: 1.." + REPLICAS_MAX + ")");
            }
        }
    }

    @PutMapping("/api/v1/models/{model}/deployment")
    Deployment set(@PathVariable("model") String model, HttpServletRequest request) throws IOException {
        Names.model(model);
        var deployment = JsonBodies.strict(request, Deployment.class);
        service.setReplicas(model, deployment.replicas());
        return deployment;
    }
}
