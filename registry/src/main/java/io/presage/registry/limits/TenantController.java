package io.presage.registry.limits;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Limits;
import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Names;
import io.presage.registry.http.Requests;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class TenantController {
    private static final int DAYS_MAX = 400;
    private static final int LIMITS_MAX = 10_000;

    private final TenantService service;
    private final SliceService slices;

    TenantController(TenantService service, SliceService slices) {
        this.service = service;
        this.slices = slices;
    }

    record Tenants(List<TenantView> tenants) {}

    record Usage(String tenant, List<UsageRepository.Day> days) {}

    /// What gateways hold at the moment.
    record Shared(List<SliceLedger.LimitView> limits) {}

    @GetMapping("/api/v1/tenants")
    Tenants all() {
        return new Tenants(service.all());
    }

    @GetMapping("/api/v1/tenants/{tenant}")
    TenantView one(@PathVariable("tenant") String tenant) {
        return service.tenant(tenant);
    }

    @PutMapping("/api/v1/tenants/{tenant}")
    ResponseEntity<TenantView> put(@PathVariable("tenant") String tenant, HttpServletRequest request)
            throws IOException {
        var put = service.put(tenant, JsonBodies.strict(request, PutTenant.class));
        return ResponseEntity.status(put.isNew() ? HttpStatus.CREATED : HttpStatus.OK)
                .body(put.tenant());
    }

    @DeleteMapping("/api/v1/tenants/{tenant}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void delete(@PathVariable("tenant") String tenant) {
        service.delete(tenant);
    }

    @GetMapping("/api/v1/tenants/{tenant}/usage")
    Usage usage(@PathVariable("tenant") String tenant, HttpServletRequest request) {
        service.tenant(tenant);
        return new Usage(
                tenant, slices.days(tenant, days(Requests.query(request, "days").orElse("31"))));
    }

    @GetMapping("/api/v1/models/{model}/limits")
    Limits modelLimits(@PathVariable("model") String model) {
        return service.modelLimits(Names.model(model));
    }

    @PutMapping("/api/v1/models/{model}/limits")
    Limits putModelLimits(@PathVariable("model") String model, HttpServletRequest request) throws IOException {
        Names.model(model);
        return service.putModelLimits(model, JsonBodies.strict(request, Limits.class));
    }

    @GetMapping("/api/v1/limits")
    Shared shared() {
        return new Shared(slices.view(LIMITS_MAX));
    }

    private static int days(String text) {
        try {
            int days = Integer.parseInt(text);
            if (days >= 1 && days <= DAYS_MAX) {
                return days;
            }
        } catch (NumberFormatException _) {
            // Falls through to the message that serves both.
        }
        throw new ProblemException(
                Problem.INVALID_REQUEST, "days: " + Names.shown(text) + " (expected: 1.." + DAYS_MAX + ")");
    }
}
