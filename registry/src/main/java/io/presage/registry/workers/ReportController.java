package io.presage.registry.workers;

import io.presage.contract.http.InternalPaths;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Report;
import io.presage.registry.audit.Actor;
import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Names;
import io.presage.registry.http.Requests;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.regex.Pattern;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class ReportController {
    private static final int BYTES_MAX = 4 * 1024 * 1024;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    private final WorkerService service;

    ReportController(WorkerService service) {
        this.service = service;
    }

    @PostMapping(InternalPaths.REPORT)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void report(HttpServletRequest request) throws IOException {
        var report = JsonBodies.lenient(request, Report.class, BYTES_MAX);
        require("workerId", report.workerId());
        require("incarnation", report.incarnation());
        if (report.host() == null || report.host().isBlank()) {
            throw new ProblemException(Problem.INVALID_REQUEST, "host: missing (expected: where gateways reach it)");
        }
        if (report.port() < 1 || report.port() > 65_535) {
            throw new ProblemException(Problem.INVALID_REQUEST, "port: " + report.port() + " (expected: 1..65535)");
        }
        for (var slot : report.slots()) {
            Names.model(slot.model());
            if (slot.state() == null) {
                throw new ProblemException(
                        Problem.INVALID_REQUEST, "slots.state: missing for " + slot.model() + "/" + slot.version());
            }
        }
        ScopedValue.where(Actor.CURRENT, new Actor("worker:" + report.workerId(), Requests.id(request)))
                .run(() -> service.report(report));
    }

    private static void require(String thing, String id) {
        if (id == null || !ID.matcher(id).matches()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, thing + ": " + Names.shown(id) + " (expected: " + ID + ")");
        }
    }
}
