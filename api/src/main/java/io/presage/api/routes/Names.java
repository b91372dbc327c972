package io.presage.api.routes;

import org.jspecify.annotations.Nullable;

/// The names that may stand in a path, checked by hand: this runs for every request. Pure.
public final class Names {
    /// `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`.
    public static boolean isModel(String text) {
        if (text.isEmpty() || text.length() > 128 || !alphanumeric(text.charAt(0))) {
            return false;
        }
        for (int i = 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!alphanumeric(c) && c != '.' && c != '_' && c != '-') {
                return false;
            }
        }
        return true;
    }

    /// A version number or an alias, `[a-z][a-z0-9-]{0,62}`.
    public static boolean isVersion(String text) {
        return version(text) != null || isAlias(text);
    }

    private static boolean isAlias(String text) {
        if (text.isEmpty() || text.length() > 63 || !(text.charAt(0) >= 'a' && text.charAt(0) <= 'z')) {
            return false;
        }
        for (int i = 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') {
                return false;
            }
        }
        return true;
    }

    /// 1 to 2^31-1 without leading zeros; else null.
    static @Nullable Integer version(String text) {
        if (text.isEmpty() || text.length() > 10 || text.charAt(0) == '0') {
            return null;
        }
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return null;
            }
            number = number * 10 + (c - '0');
        }
        return number <= Integer.MAX_VALUE ? (Integer) (int) number : null;
    }

    private static boolean alphanumeric(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    private Names() {}
}
