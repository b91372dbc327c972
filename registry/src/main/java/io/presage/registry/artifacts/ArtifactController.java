package io.presage.registry.artifacts;

import io.presage.contract.http.InternalPaths;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.registry.http.Names;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/// Packages for workers. A broken download can be resumed with `Range`.
@RestController
final class ArtifactController {
    private final ArtifactStore store;

    ArtifactController(ArtifactStore store) {
        this.store = store;
    }

    @GetMapping(InternalPaths.ARTIFACTS + "/{sha256}")
    ResponseEntity<Resource> bytes(@PathVariable("sha256") String sha256) {
        var file = store.find(sha256)
                .orElseThrow(() -> new ProblemException(
                        Problem.NOT_FOUND,
                        "artifact: " + Names.shown(sha256) + " (expected: the SHA-256 of an uploaded package)"));
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .body(new FileSystemResource(file));
    }
}
