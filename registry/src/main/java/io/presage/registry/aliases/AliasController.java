package io.presage.registry.aliases;

import io.presage.registry.http.JsonBodies;
import io.presage.registry.http.Names;
import io.presage.registry.http.Requests;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
final class AliasController {
    private final AliasService service;

    AliasController(AliasService service) {
        this.service = service;
    }

    record Aliases(List<AliasView> aliases) {}

    @GetMapping("/api/v1/models/{model}/aliases")
    Aliases all(@PathVariable("model") String model) {
        return new Aliases(service.all(Names.model(model)));
    }

    @PutMapping("/api/v1/models/{model}/aliases/{alias}")
    AliasView move(@PathVariable("model") String model, @PathVariable("alias") String alias, HttpServletRequest request)
            throws IOException {
        Names.model(model);
        Names.alias(alias);
        return service.move(model, alias, JsonBodies.strict(request, MoveAlias.class));
    }

    /// `?expectedVersion=V` compares before it deletes.
    @DeleteMapping("/api/v1/models/{model}/aliases/{alias}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void delete(@PathVariable("model") String model, @PathVariable("alias") String alias, HttpServletRequest request) {
        var expected = Requests.query(request, "expectedVersion").map(Names::version);
        service.delete(Names.model(model), Names.alias(alias), expected.orElse(null));
    }
}
