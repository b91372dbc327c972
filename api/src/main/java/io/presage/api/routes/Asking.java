package io.presage.api.routes;

import io.presage.contract.http.Headers;
import io.presage.contract.state.TrafficPolicy;
import io.vertx.core.MultiMap;
import org.jspecify.annotations.Nullable;

/// What a route may look at in a call that names no version. One event loop.
///
/// @param headers the client's
/// @param callerId the public part of its API key
public record Asking(MultiMap headers, String requestId, String callerId) {
    /// What the split's key is made of: what the client says, else what `sticky` names, else the request alone.
    String key(TrafficPolicy.@Nullable Sticky sticky) {
        String said = headers.get(Headers.STICKY_KEY);
        if (said != null) {
            return said;
        }
        String found = sticky == null ? null : found(sticky);
        return found == null || found.isEmpty() ? requestId : found;
    }

    private @Nullable String found(TrafficPolicy.Sticky sticky) {
        return switch (sticky.by()) {
            case CALLER -> callerId;
            case HEADER -> sticky.name() == null ? null : headers.get(sticky.name());
            case COOKIE -> sticky.name() == null ? null : cookie(headers.getAll("cookie"), sticky.name());
        };
    }

    /// The first of its name; quotes stay, as part of the value.
    private static @Nullable String cookie(Iterable<String> lines, String name) {
        for (String line : lines) {
            int at = 0;
            while (at < line.length()) {
                int semicolon = line.indexOf(';', at);
                int end = semicolon == -1 ? line.length() : semicolon;
                while (at < end && line.charAt(at) == ' ') {
                    at++;
                }
                if (line.startsWith(name, at) && at + name.length() < end && line.charAt(at + name.length()) == '=') {
                    return line.substring(at + name.length() + 1, end).strip();
                }
                at = end + 1;
            }
        }
        return null;
    }

    /// Whether `rule` is for this call.
    boolean matches(TrafficPolicy.Rule rule) {
        return rule.value().equals(headers.get(rule.header()));
    }
}
