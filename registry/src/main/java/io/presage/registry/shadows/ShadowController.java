package io.presage.registry.shadows;

import io.presage.contract.http.InternalPaths;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.ShadowReport;
import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Names;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class ShadowController {
    private static final int BYTES_MAX = 4 * 1024 * 1024;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    private final ShadowService service;

    ShadowController(ShadowService service) {
        this.service = service;
    }

    record Shadows(List<ShadowView> pairs) {}

    @GetMapping("/api/v1/models/{model}/shadows")
    Shadows all(@PathVariable("model") String model) {
        return new Shadows(service.all(Names.model(model)));
    }

    @DeleteMapping("/api/v1/models/{model}/shadows")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void clear(@PathVariable("model") String model) {
        service.clear(Names.model(model));
    }

    @PostMapping(InternalPaths.SHADOWS)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void report(HttpServletRequest request) throws IOException {
        var report = JsonBodies.lenient(request, ShadowReport.class, BYTES_MAX);
        require("sender", report.sender());
        require("batch", report.batch());
        for (var pair : report.pairs()) {
            Names.model(pair.model());
            if (!Double.isFinite(pair.differenceMax()) || pair.differenceMax() < 0) {
                throw new ProblemException(
                        Problem.INVALID_REQUEST,
                        "pairs.differenceMax: " + pair.differenceMax() + " (expected: 0 or more)");
            }
        }
        service.add(report);
    }

    private static void require(String thing, @Nullable String id) {
        if (id == null || !ID.matcher(id).matches()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, thing + ": " + Names.shown(id) + " (expected: " + ID + ")");
        }
    }
}
