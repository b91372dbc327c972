package io.presage.registry.access;

import io.presage.contract.state.Role;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Which role a call needs. Pure. A call that no rule names is for ADMIN alone: a path that somebody forgets
/// here is closed, not open.
final class AccessRules {
    private static final Set<Role> PUBLISH = Set.of(Role.PUBLISH);
    private static final Set<Role> PROMOTE = Set.of(Role.PROMOTE);
    private static final Set<Role> EITHER = Set.of(Role.PUBLISH, Role.PROMOTE);

    private static final Pattern MODEL = Pattern.compile("/api/v1/models/([^/]+)(/.*)?");

    private record Rule(String method, Pattern path, Set<Role> roles) {
        static Rule of(String method, String path, Set<Role> roles) {
            return new Rule(method, Pattern.compile("/api/v1" + path.replace("*", "[^/]+")), roles);
        }

        boolean covers(String calledMethod, String calledPath) {
            return method.equals(calledMethod) && path.matcher(calledPath).matches();
        }
    }

    private static final List<Rule> RULES = List.of(
            Rule.of("POST", "/models", PUBLISH),
            Rule.of("GET", "/models", EITHER),
            Rule.of("GET", "/models/*", EITHER),
            Rule.of("POST", "/models/*/versions", PUBLISH),
            Rule.of("GET", "/models/*/versions", EITHER),
            Rule.of("GET", "/models/*/versions/*", EITHER),
            Rule.of("DELETE", "/models/*/versions/*", PUBLISH),
            Rule.of("POST", "/models/*/versions/*/siblings", PUBLISH),
            Rule.of("GET", "/models/*/aliases", PROMOTE),
            Rule.of("PUT", "/models/*/aliases/*", PROMOTE),
            Rule.of("DELETE", "/models/*/aliases/*", PROMOTE),
            Rule.of("GET", "/models/*/route", EITHER),
            Rule.of("GET", "/models/*/route/policy", EITHER),
            Rule.of("PUT", "/models/*/route/policy", PROMOTE),
            Rule.of("GET", "/models/*/shadows", EITHER),
            Rule.of("DELETE", "/models/*/shadows", PROMOTE),
            Rule.of("POST", "/models/*/promote", PROMOTE),
            Rule.of("POST", "/models/*/rollback", PROMOTE),
            Rule.of("PUT", "/models/*/deployment", PROMOTE),
            Rule.of("GET", "/models/*/limits", EITHER),
            Rule.of("PUT", "/models/*/limits", PROMOTE));

    /// Any of these opens the call; ADMIN always does.
    static Set<Role> rolesFor(String method, String path) {
        Optional<Set<Role>> named = RULES.stream()
                .filter(rule -> rule.covers(method.equals("HEAD") ? "GET" : method, path))
                .map(Rule::roles)
                .findFirst();
        return named.orElse(Set.of(Role.ADMIN));
    }

    static boolean allows(Set<Role> held, String method, String path) {
        return held.contains(Role.ADMIN) || rolesFor(method, path).stream().anyMatch(held::contains);
    }

    /// A key that is for named models changes and reads those alone, and creates none; it may list all names.
    static boolean covers(Set<String> models, String method, String path) {
        if (models.isEmpty()) {
            return true;
        }
        var named = MODEL.matcher(path);
        return named.matches() ? models.contains(named.group(1)) : !method.equals("POST");
    }

    private AccessRules() {}
}
