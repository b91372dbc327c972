package io.presage.registry.routes;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.TrafficPolicy;
import io.presage.registry.http.Names;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A route's policy as the control API reads and shows it: body of `PUT /models/M/route/policy`. What is absent is
/// switched off.
///
/// @param rules at most 16
record PolicyBody(
        @Nullable StickyBody sticky,
        @Nullable List<RuleBody> rules,
        @Nullable ShadowBody shadow,
        @Nullable CacheBody cache) {
    private static final int RULES_MAX = 16;
    private static final int WHOLE = 10_000;
    private static final int IN_FLIGHT_MAX = 1_000;
    private static final int IN_FLIGHT_DEFAULT = 8;
    private static final double TOLERANCE_DEFAULT = 1e-4;
    private static final long AGE_MILLIS_MAX = 86_400_000;
    private static final long BYTES_DEFAULT = 16 << 20;
    private static final long BYTES_MAX = 1L << 34;
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}");
    private static final Pattern VALUE = Pattern.compile("[\\x21-\\x7e]([\\x20-\\x7e]{0,254}[\\x21-\\x7e])?");
    private static final Set<String> SECRETS =
            Set.of("authorization", "proxy-authorization", "x-api-key", "cookie", "presage-service-secret");

    /// @param by `header`, `cookie` or `caller`
    /// @param name of the header or cookie; absent for `caller`
    record StickyBody(@Nullable String by, @Nullable String name) {}

    /// @param target a version's number or an alias
    record RuleBody(
            @Nullable String header,
            @Nullable String value,
            @Nullable String target) {}

    /// @param shareBasisPoints 1..10000; absent means 10000, all calls
    /// @param tolerance 0 or more; absent means 0.0001
    /// @param inFlightMax 1..1000; absent means 8
    record ShadowBody(
            int version,
            @Nullable Integer shareBasisPoints,
            @Nullable Double tolerance,
            @Nullable Integer inFlightMax) {}

    /// @param maxAgeMillis 1..86400000
    /// @param maxBytes absent means 16 MiB
    record CacheBody(long maxAgeMillis, @Nullable Long maxBytes) {}

    static PolicyBody of(TrafficPolicy policy) {
        var sticky = policy.sticky();
        var shadow = policy.shadow();
        var cache = policy.cache();
        return new PolicyBody(
                sticky == null ? null : new StickyBody(sticky.by().name().toLowerCase(Locale.ROOT), sticky.name()),
                policy.rules().stream()
                        .map(rule -> new RuleBody(rule.header(), rule.value(), rule.target()))
                        .toList(),
                shadow == null
                        ? null
                        : new ShadowBody(
                                shadow.version(), shadow.shareBasisPoints(), shadow.tolerance(), shadow.inFlightMax()),
                cache == null ? null : new CacheBody(cache.maxAgeMillis(), cache.maxBytes()));
    }

    /// What it says, defaults filled in.
    /// @throws ProblemException INVALID_REQUEST
    TrafficPolicy policy() {
        var wanted = rules == null ? List.<RuleBody>of() : rules;
        require(wanted.size() <= RULES_MAX, "rules", wanted.size() + " of them", "at most " + RULES_MAX);
        return new TrafficPolicy(
                sticky == null ? null : sticky(sticky),
                wanted.stream().map(PolicyBody::rule).toList(),
                shadow == null ? null : shadow(shadow),
                cache == null ? null : cache(cache));
    }

    private static TrafficPolicy.Sticky sticky(StickyBody body) {
        return switch (Objects.requireNonNullElse(body.by, "")) {
            case "header" -> new TrafficPolicy.Sticky(TrafficPolicy.By.HEADER, header("sticky.name", body.name));
            case "cookie" -> new TrafficPolicy.Sticky(TrafficPolicy.By.COOKIE, token("sticky.name", body.name));
            case "caller" -> {
                require(body.name == null, "sticky.name", Names.shown(body.name), "none with by: caller");
                yield new TrafficPolicy.Sticky(TrafficPolicy.By.CALLER, null);
            }
            default -> throw invalid("sticky.by", Names.shown(body.by), "header, cookie or caller");
        };
    }

    private static TrafficPolicy.Rule rule(@Nullable RuleBody body) {
        if (body == null) {
            throw invalid("rules", "null", "objects with header, value and target");
        }
        String value = body.value == null ? "" : body.value;
        require(VALUE.matcher(value).matches(), "rules.value", Names.shown(body.value), "1..256 visible characters");
        String target = body.target == null ? "" : body.target;
        if (!target.isEmpty() && Character.isDigit(target.charAt(0))) {
            Names.version(target);
        } else {
            Names.alias(body.target);
        }
        return new TrafficPolicy.Rule(header("rules.header", body.header), value, target);
    }

    private static TrafficPolicy.Shadow shadow(ShadowBody body) {
        int share = Objects.requireNonNullElse(body.shareBasisPoints, WHOLE);
        double tolerance = Objects.requireNonNullElse(body.tolerance, TOLERANCE_DEFAULT);
        int inFlight = Objects.requireNonNullElse(body.inFlightMax, IN_FLIGHT_DEFAULT);
        require(body.version >= 1, "shadow.version", body.version, "1 or more");
        require(share >= 1 && share <= WHOLE, "shadow.shareBasisPoints", share, "1..10000");
        require(tolerance >= 0 && tolerance <= 1e9, "shadow.tolerance", tolerance, "0..1e9");
        require(inFlight >= 1 && inFlight <= IN_FLIGHT_MAX, "shadow.inFlightMax", inFlight, "1.." + IN_FLIGHT_MAX);
        return new TrafficPolicy.Shadow(body.version, share, tolerance, inFlight);
    }

    private static TrafficPolicy.Cache cache(CacheBody body) {
        long bytes = Objects.requireNonNullElse(body.maxBytes, BYTES_DEFAULT);
        boolean ageFits = body.maxAgeMillis >= 1 && body.maxAgeMillis <= AGE_MILLIS_MAX;
        require(ageFits, "cache.maxAgeMillis", body.maxAgeMillis, "1.." + AGE_MILLIS_MAX);
        require(bytes >= 1 && bytes <= BYTES_MAX, "cache.maxBytes", bytes, "1.." + BYTES_MAX);
        return new TrafficPolicy.Cache(body.maxAgeMillis, bytes);
    }

    /// What identifies a caller is no name for a group of calls, and would be kept here in clear.
    private static String header(String member, @Nullable String name) {
        String token = token(member, name);
        boolean isSecret = SECRETS.contains(token.toLowerCase(Locale.ROOT));
        require(!isSecret, member, Names.shown(name), "a header that carries no secret");
        return token;
    }

    private static String token(String member, @Nullable String name) {
        if (name == null || !TOKEN.matcher(name).matches()) {
            throw invalid(member, Names.shown(name), "1..64 of the characters of a header's name");
        }
        return name;
    }

    private static void require(boolean fits, String member, Object found, String expected) {
        if (!fits) {
            throw invalid(member, found, expected);
        }
    }

    private static ProblemException invalid(String member, Object found, String expected) {
        return new ProblemException(Problem.INVALID_REQUEST, member + ": " + found + " (expected: " + expected + ")");
    }
}
