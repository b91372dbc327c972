package io.presage.registry.audit;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.registry.http.Names;
import io.presage.registry.http.Requests;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class AuditController {
    private static final int LIMIT_MAX = 1000;

    private final AuditRepository repository;

    AuditController(AuditRepository repository) {
        this.repository = repository;
    }

    record Page(List<AuditEntry> entries) {}

    /// Newest first; `before` is the smallest id of the page before.
    @GetMapping("/api/v1/audit")
    Page page(HttpServletRequest request) {
        long before = number(request, "before", Long.MAX_VALUE, Long.MAX_VALUE);
        long limit = number(request, "limit", 100, LIMIT_MAX);
        return new Page(repository.before(before, (int) limit));
    }

    private static long number(HttpServletRequest request, String name, long absent, long max) {
        var text = Requests.query(request, name);
        if (text.isEmpty()) {
            return absent;
        }
        try {
            long value = Long.parseLong(text.get());
            if (value >= 1 && value <= max) {
                return value;
            }
        } catch (NumberFormatException _) {
            // Falls through to the message that serves both.
        }
        throw new ProblemException(
                Problem.INVALID_REQUEST, name + ": " + Names.shown(text.get()) + " (expected: 1.." + max + ")");
    }
}
