package io.presage.registry.models;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.registry.artifacts.Digests;
import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Names;
import io.presage.registry.http.Requests;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class VersionController {
    private final ModelService service;
    private final ModelRepository repository;

    VersionController(ModelService service, ModelRepository repository) {
        this.service = service;
        this.repository = repository;
    }

    record Versions(List<VersionView> versions) {}

    /// The body is the package itself, whatever its Content-Type says: `curl --data-binary` calls it a form.
    @PostMapping("/api/v1/models/{model}/versions")
    ResponseEntity<VersionView> upload(@PathVariable("model") String model, HttpServletRequest request)
            throws IOException {
        requireBarePackage(request);
        var sha256 =
                Digests.announced(Requests.query(request, "sha256").orElse(null), request.getHeader("Content-Digest"));
        var version = service.upload(
                Names.model(model),
                request.getInputStream(),
                request.getContentLengthLong(),
                sha256.orElse(null),
                Requests.query(request, "quantize")
                        .map(SiblingRequest::derivation)
                        .orElse(null));
        return ResponseEntity.created(URI.create("/api/v1/models/" + model + "/versions/" + version.version()))
                .body(version);
    }

    @PostMapping("/api/v1/models/{model}/versions/{version}/siblings")
    ResponseEntity<VersionView> derive(
            @PathVariable("model") String model, @PathVariable("version") String version, HttpServletRequest request)
            throws IOException {
        var wanted = JsonBodies.strict(request, SiblingRequest.class);
        var sibling = service.derive(Names.model(model), Names.version(version), wanted.derivation());
        return ResponseEntity.created(URI.create("/api/v1/models/" + model + "/versions/" + sibling.version()))
                .body(sibling);
    }

    @GetMapping("/api/v1/models/{model}/versions")
    Versions all(@PathVariable("model") String model) {
        service.model(Names.model(model));
        return new Versions(repository.versions(model));
    }

    @GetMapping("/api/v1/models/{model}/versions/{version}")
    VersionView one(@PathVariable("model") String model, @PathVariable("version") String version) {
        return service.version(Names.model(model), Names.version(version));
    }

    @DeleteMapping("/api/v1/models/{model}/versions/{version}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void archive(@PathVariable("model") String model, @PathVariable("version") String version) {
        service.archive(Names.model(model), Names.version(version));
    }

    /// Two ways of sending a package that would be stored as something else than the package.
    private static void requireBarePackage(HttpServletRequest request) {
        var encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw new ProblemException(
                    Problem.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Encoding: " + Names.shown(encoding) + " (expected: none, the package as it is)");
        }
        var type = request.getContentType();
        if (type != null && type.toLowerCase(Locale.ROOT).startsWith("multipart/")) {
            throw new ProblemException(
                    Problem.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Type: multipart (expected: the package as the body, as curl --data-binary @FILE or -T FILE"
                            + " sends it)");
        }
    }
}
