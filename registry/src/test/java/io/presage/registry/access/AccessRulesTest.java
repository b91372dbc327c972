package io.presage.registry.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Role;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AccessRulesTest {
    @ParameterizedTest
    @CsvSource({
        "POST, /api/v1/models, PUBLISH",
        "GET, /api/v1/models, PUBLISH PROMOTE",
        "HEAD, /api/v1/models, PUBLISH PROMOTE",
        "GET, /api/v1/models/m, PUBLISH PROMOTE",
        "POST, /api/v1/models/m/versions, PUBLISH",
        "GET, /api/v1/models/m/versions, PUBLISH PROMOTE",
        "GET, /api/v1/models/m/versions/1, PUBLISH PROMOTE",
        "DELETE, /api/v1/models/m/versions/1, PUBLISH",
        "GET, /api/v1/models/m/aliases, PROMOTE",
        "PUT, /api/v1/models/m/aliases/a, PROMOTE",
        "DELETE, /api/v1/models/m/aliases/a, PROMOTE",
        "GET, /api/v1/models/m/route, PUBLISH PROMOTE",
        "POST, /api/v1/models/m/promote, PROMOTE",
        "POST, /api/v1/models/m/rollback, PROMOTE",
        "PUT, /api/v1/models/m/deployment, PROMOTE",
        "GET, /api/v1/models/m/limits, PUBLISH PROMOTE",
        "PUT, /api/v1/models/m/limits, PROMOTE",
        "PUT, /api/v1/tenants/t, ADMIN",
        "GET, /api/v1/tenants/t/usage, ADMIN",
        "GET, /api/v1/limits, ADMIN",
        "POST, /api/v1/keys, ADMIN",
        "GET, /api/v1/keys, ADMIN",
        "DELETE, /api/v1/keys/k, ADMIN",
        "GET, /api/v1/workers, ADMIN",
        "GET, /api/v1/audit, ADMIN",
        "GET, /api/v1/whatever/comes, ADMIN",
        "GET, /actuator/env, ADMIN",
        "PATCH, /api/v1/models/m, ADMIN",
    })
    void rolesFor(String method, String path, String roles) {
        assertThat(AccessRules.rolesFor(method, path))
                .extracting(Role::name)
                .containsExactlyInAnyOrder(roles.split(" "));
        assertThat(AccessRules.allows(Set.of(Role.ADMIN), method, path)).isTrue();
        assertThat(AccessRules.allows(Set.of(Role.PREDICT), method, path)).isFalse();
    }

    @Test
    void keyForNamedModels_coversThose() {
        var mine = Set.of("mine");
        assertThat(AccessRules.covers(mine, "POST", "/api/v1/models/mine/versions"))
                .isTrue();
        assertThat(AccessRules.covers(mine, "POST", "/api/v1/models/yours/versions"))
                .isFalse();
        assertThat(AccessRules.covers(mine, "GET", "/api/v1/models")).isTrue();
        assertThat(AccessRules.covers(mine, "POST", "/api/v1/models")).isFalse();
        assertThat(AccessRules.covers(Set.of(), "POST", "/api/v1/models")).isTrue();
    }
}
