package io.presage.registry.routes;

import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Names;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class RouteController {
    private final RouteService service;

    RouteController(RouteService service) {
        this.service = service;
    }

    @GetMapping("/api/v1/models/{model}/route")
    RouteView route(@PathVariable("model") String model) {
        return service.view(Names.model(model));
    }

    @PostMapping("/api/v1/models/{model}/promote")
    RouteView promote(@PathVariable("model") String model, HttpServletRequest request) throws IOException {
        Names.model(model);
        var command = JsonBodies.strict(request, PromoteRequest.class);
        return service.promote(model, command.version(), command.weight(), command.expected());
    }

    /// The body, if any, is not read: there is nothing to say.
    @PostMapping("/api/v1/models/{model}/rollback")
    RouteView rollBack(@PathVariable("model") String model) {
        return service.rollBack(Names.model(model));
    }
}
