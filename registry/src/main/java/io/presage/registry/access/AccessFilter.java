package io.presage.registry.access;

import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Role;
import io.presage.registry.audit.Actor;
import io.presage.registry.http.ProblemAnswers;
import io.presage.registry.http.Requests;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.http.HttpHeaders;
import org.springframework.web.filter.OncePerRequestFilter;

/// In front of everything: `/internal` wants the service secret, health and metrics are open, all the rest
/// wants an API key with the role that [AccessRules] names. Decides on the path as the dispatcher will see it:
/// paths that could be read in two ways (dot segments, `;`, encoded slashes) are refused. Any thread.
final class AccessFilter extends OncePerRequestFilter {
    private static final Pattern OPEN = Pattern.compile("/actuator/health(/[A-Za-z0-9]+)?|/actuator/prometheus");
    private static final Pattern AMBIGUOUS =
            Pattern.compile(".*(;|//|\\\\|%2f|%5c|%3b|%00|/\\.{1,2}(/|$)|%2e).*", Pattern.CASE_INSENSITIVE);
    private static final String BEARER = "bearer ";

    private final KeyService keys;
    private final ServiceSecret secret;

    AccessFilter(KeyService keys, ServiceSecret secret) {
        this.keys = keys;
        this.secret = secret;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Actor actor;
        try {
            actor = actor(request);
        } catch (RuntimeException e) {
            ProblemAnswers.write(response, Requests.id(request), e);
            return;
        }
        try {
            ScopedValue.where(Actor.CURRENT, actor).<Void, Exception>call(() -> {
                chain.doFilter(request, response);
                return null;
            });
        } catch (ServletException | IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new ServletException(e);
        }
    }

    private Actor actor(HttpServletRequest request) {
        var path = request.getRequestURI();
        boolean encodedOutsideNames = path.contains("%") && !path.startsWith("/api/v1/");
        if (encodedOutsideNames || AMBIGUOUS.matcher(path).matches()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "path: can be read in two ways (expected: a plain one)");
        }
        if (OPEN.matcher(path).matches()) {
            return new Actor("nobody", Requests.id(request));
        }
        if (path.equals("/internal") || path.startsWith("/internal/")) {
            return service(request);
        }
        return caller(request, path);
    }

    private Actor service(HttpServletRequest request) {
        if (!secret.matches(request.getHeader(Headers.SERVICE_SECRET))) {
            throw new ProblemException(
                    Problem.UNAUTHENTICATED, Headers.SERVICE_SECRET + ": missing or wrong (expected: the platform's)");
        }
        return new Actor("service", Requests.id(request));
    }

    private Actor caller(HttpServletRequest request, String path) {
        var key = sent(request)
                .flatMap(keys::authenticate)
                .orElseThrow(() -> new ProblemException(
                        Problem.UNAUTHENTICATED,
                        "API key: missing, unknown or revoked (expected: Authorization: Bearer KEY, or X-API-Key)"));
        if (!AccessRules.allows(key.roles(), request.getMethod(), path)) {
            throw new ProblemException(
                    Problem.PERMISSION_DENIED,
                    "key " + key.id() + " holds " + names(key.roles()) + " (expected: "
                            + names(AccessRules.rolesFor(request.getMethod(), path)) + ")");
        }
        if (!key.roles().contains(Role.ADMIN) && !AccessRules.covers(key.models(), request.getMethod(), path)) {
            throw new ProblemException(
                    Problem.PERMISSION_DENIED,
                    "key " + key.id() + " is for " + key.models() + " (expected: a key for this model)");
        }
        return new Actor("key:" + key.id(), Requests.id(request));
    }

    private static Optional<String> sent(HttpServletRequest request) {
        var authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Optional.of(authorization.substring(BEARER.length()).strip());
        }
        return Optional.ofNullable(request.getHeader(Headers.API_KEY));
    }

    private static String names(Set<? extends Enum<?>> roles) {
        return roles.stream().map(Enum::name).sorted().collect(Collectors.joining(" or "));
    }
}
