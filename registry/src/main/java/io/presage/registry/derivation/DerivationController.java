package io.presage.registry.derivation;

import io.presage.contract.http.InternalPaths;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.DerivationResult;
import io.presage.registry.artifacts.Digests;
import io.presage.registry.audit.Actor;
import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Requests;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/// What workers send of the siblings that they make.
@RestController
final class DerivationController {
    private static final int BYTES_MAX = 1024 * 1024;

    private final DerivationService service;

    DerivationController(DerivationService service) {
        this.service = service;
    }

    @PutMapping(InternalPaths.DERIVATIONS + "/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void sibling(@PathVariable("id") String id, HttpServletRequest request) throws IOException {
        var sha256 = Digests.announced(Requests.query(request, "sha256").orElse(null), null)
                .orElseThrow(() -> new ProblemException(
                        Problem.INVALID_REQUEST, "sha256: missing (expected: the package's digest in the query)"));
        service.receive(id, request.getInputStream(), request.getContentLengthLong(), sha256);
    }

    @PostMapping(InternalPaths.DERIVATIONS + "/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void result(@PathVariable("id") String id, HttpServletRequest request) throws IOException {
        var result = JsonBodies.lenient(request, DerivationResult.class, BYTES_MAX);
        if (result.workerId() == null) {
            throw new ProblemException(Problem.INVALID_REQUEST, "workerId: missing (expected: who made it)");
        }
        ScopedValue.where(Actor.CURRENT, new Actor("worker:" + result.workerId(), Requests.id(request)))
                .run(() -> service.result(id, result));
    }
}
