package io.presage.registry.validation;

import io.presage.contract.http.InternalPaths;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.ValidationResult;
import io.presage.registry.audit.Actor;
import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Requests;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class ValidationController {
    /// A signature may name thousands of tensors, and evidence quotes an engine.
    private static final int BYTES_MAX = 4 * 1024 * 1024;

    private final ValidationService service;

    ValidationController(ValidationService service) {
        this.service = service;
    }

    @PostMapping(InternalPaths.VALIDATIONS + "/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void result(@PathVariable("id") String id, HttpServletRequest request) throws IOException {
        var result = JsonBodies.lenient(request, ValidationResult.class, BYTES_MAX);
        if (result.workerId() == null) {
            throw new ProblemException(Problem.INVALID_REQUEST, "workerId: missing (expected: who validated it)");
        }
        ScopedValue.where(Actor.CURRENT, new Actor("worker:" + result.workerId(), Requests.id(request)))
                .run(() -> service.result(id, result));
    }
}
