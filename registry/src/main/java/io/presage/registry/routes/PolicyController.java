package io.presage.registry.routes;

import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Names;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class PolicyController {
    private final PolicyService service;

    PolicyController(PolicyService service) {
        this.service = service;
    }

    @GetMapping("/api/v1/models/{model}/route/policy")
    PolicyBody policy(@PathVariable("model") String model) {
        return PolicyBody.of(service.view(Names.model(model)));
    }

    @PutMapping("/api/v1/models/{model}/route/policy")
    PolicyBody set(@PathVariable("model") String model, HttpServletRequest request) throws IOException {
        Names.model(model);
        var policy = JsonBodies.strict(request, PolicyBody.class).policy();
        return PolicyBody.of(service.set(model, policy));
    }
}
