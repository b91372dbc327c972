package io.presage.registry.access;

import io.presage.contract.state.Limit;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Role;
import io.presage.registry.http.JsonBodies;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class KeyController {
    private final KeyService service;

    KeyController(KeyService service) {
        this.service = service;
    }

    /// @param key the whole text, shown this once
    record CreatedKey(
            String id,
            String key,
            String name,
            Set<Role> roles,
            Set<String> models,
            @Nullable Limit limit,
            String tenant,
            @Nullable Limit rowLimit,
            Instant createdAt) {}

    record Keys(List<ApiKey> keys) {}

    @PostMapping("/api/v1/keys")
    ResponseEntity<CreatedKey> create(HttpServletRequest request) throws IOException {
        var created = service.create(JsonBodies.strict(request, CreateKey.class));
        var key = created.key();
        return ResponseEntity.created(URI.create("/api/v1/keys/" + key.id()))
                .cacheControl(CacheControl.noStore())
                .body(new CreatedKey(
                        key.id(),
                        created.text().reveal(),
                        key.name(),
                        key.roles(),
                        key.models(),
                        key.limit(),
                        key.tenant(),
                        key.rowLimit(),
                        key.createdAt()));
    }

    @GetMapping("/api/v1/keys")
    Keys all() {
        return new Keys(service.all());
    }

    /// Replaces both limits.
    @PutMapping("/api/v1/keys/{id}/limits")
    ApiKey limits(@PathVariable("id") String id, HttpServletRequest request) throws IOException {
        return service.limits(id, JsonBodies.strict(request, Limits.class));
    }

    @DeleteMapping("/api/v1/keys/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void revoke(@PathVariable("id") String id) {
        service.revoke(id);
    }
}
