package io.presage.registry.limits;

import io.presage.contract.http.InternalPaths;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Names;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class SliceController {
    private static final int BYTES_MAX = 8 * 1024 * 1024;
    private static final int LEASES_MAX = 20_000;
    private static final int NAME_CHARS_MAX = 512;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    private final SliceService service;

    SliceController(SliceService service) {
        this.service = service;
    }

    @PostMapping(InternalPaths.SLICES)
    SliceAnswer slices(HttpServletRequest request) throws IOException {
        var asked = JsonBodies.lenient(request, SliceRequest.class, BYTES_MAX);
        requireId("gatewayId", asked.gatewayId());
        requireId("incarnation", asked.incarnation());
        if (asked.gateways() < 0) {
            throw invalid("gateways: " + asked.gateways() + " (expected: 0 or more)");
        }
        if (asked.leases().size() > LEASES_MAX || asked.usages().size() > LEASES_MAX) {
            throw invalid("leases, usages: " + asked.leases().size() + ", "
                    + asked.usages().size() + " (expected: at most " + LEASES_MAX + " each)");
        }
        for (var lease : asked.leases()) {
            requireName("leases.limit", lease.limit());
            if (lease.permits() < 1 || lease.periodMillis() < 1 || lease.held() < 0 || lease.wanted() < 0) {
                throw invalid("leases: " + Names.shown(lease.limit())
                        + " (expected: permits and period from 1 on, held and wanted from 0 on)");
            }
        }
        for (var usage : asked.usages()) {
            requireName("usages.tenant", usage.tenant());
            if (usage.calls() < 0 || usage.rows() < 0 || usage.heldCalls() < 0 || usage.heldRows() < 0) {
                throw invalid("usages: " + Names.shown(usage.tenant()) + " (expected: counts from 0 on)");
            }
            if (usage.day() < 0 || usage.day() > 3_000_000) {
                throw invalid("usages.day: " + usage.day() + " (expected: days since 1970-01-01)");
            }
        }
        return service.answer(asked);
    }

    private static void requireId(String thing, @Nullable String id) {
        if (id == null || !ID.matcher(id).matches()) {
            throw invalid(thing + ": " + Names.shown(id) + " (expected: " + ID + ")");
        }
    }

    private static void requireName(String thing, @Nullable String name) {
        if (name == null || name.isEmpty() || name.length() > NAME_CHARS_MAX) {
            throw invalid(thing + ": " + Names.shown(name) + " (expected: 1.." + NAME_CHARS_MAX + " characters)");
        }
    }

    private static ProblemException invalid(String message) {
        return new ProblemException(Problem.INVALID_REQUEST, message);
    }
}
