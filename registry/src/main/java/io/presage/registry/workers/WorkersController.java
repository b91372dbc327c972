package io.presage.registry.workers;

import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class WorkersController {
    private final WorkerRepository repository;

    WorkersController(WorkerRepository repository) {
        this.repository = repository;
    }

    record Workers(List<WorkerView> workers) {}

    @GetMapping("/api/v1/workers")
    Workers all() {
        return new Workers(repository.all());
    }
}
