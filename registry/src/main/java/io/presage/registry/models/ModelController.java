package io.presage.registry.models;

import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Names;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class ModelController {
    private final ModelService service;
    private final ModelRepository repository;

    ModelController(ModelService service, ModelRepository repository) {
        this.service = service;
        this.repository = repository;
    }

    record Models(List<ModelView> models) {}

    @PostMapping("/api/v1/models")
    ResponseEntity<ModelView> create(HttpServletRequest request) throws IOException {
        var created = service.create(JsonBodies.strict(request, CreateModel.class));
        return ResponseEntity.created(URI.create("/api/v1/models/" + created.name()))
                .body(created);
    }

    @GetMapping("/api/v1/models")
    Models all() {
        return new Models(repository.all());
    }

    @GetMapping("/api/v1/models/{model}")
    ModelView one(@PathVariable("model") String model) {
        return service.model(Names.model(model));
    }
}
