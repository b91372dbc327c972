package io.presage.api.forward;

import java.util.Optional;

/// Which paths under `/api/v1` are passed on. The registry serves `/internal` on the same port, so that a path
/// that two servers could read differently (`..`, `//`, `;`, `%2f`, a second decoding) must not get through.
/// Pure.
public final class ControlPath {
    private static final String PREFIX = "/api/v1";

    /// `path` as it came. Empty when there is nothing at it.
    public static Optional<String> check(String path) {
        if (!path.startsWith(PREFIX)) {
            return Optional.empty();
        }
        if (path.length() == PREFIX.length()) {
            return Optional.of(path);
        }
        if (path.charAt(PREFIX.length()) != '/') {
            return Optional.empty();
        }
        int start = PREFIX.length() + 1;
        for (int i = start; i <= path.length(); i++) {
            if (i == path.length() || path.charAt(i) == '/') {
                if (!segment(path, start, i)) {
                    return Optional.empty();
                }
                start = i + 1;
            }
        }
        return Optional.of(path);
    }

    private static boolean segment(String path, int from, int to) {
        boolean onlyDots = true;
        for (int i = from; i < to; i++) {
            char c = path.charAt(i);
            boolean allowed = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '-'
                    || c == '_'
                    || c == '.'
                    || c == '~';
            if (!allowed) {
                return false;
            }
            onlyDots &= c == '.';
        }
        return !onlyDots;
    }

    private ControlPath() {}
}
