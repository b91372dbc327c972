package io.presage.registry.http;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Checks names that clients send. Pure; any thread.
public final class Names {
    private static final String MODEL = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";
    private static final Pattern MODEL_PATTERN = Pattern.compile(MODEL);
    private static final String ALIAS = "[a-z][a-z0-9-]{0,62}";
    private static final Pattern ALIAS_PATTERN = Pattern.compile(ALIAS);
    private static final Pattern VERSION_PATTERN = Pattern.compile("[1-9][0-9]{0,8}");
    private static final int SHOWN_MAX = 140;

    /// A model's name.
    ///
    /// @throws ProblemException INVALID_REQUEST
    public static String model(@Nullable String name) {
        return matching("model", name, MODEL_PATTERN, MODEL);
    }

    /// An alias.
    ///
    /// @throws ProblemException INVALID_REQUEST
    public static String alias(@Nullable String name) {
        return matching("alias", name, ALIAS_PATTERN, ALIAS);
    }

    /// A version's number as it stands in a path.
    ///
    /// @throws ProblemException INVALID_REQUEST
    public static int version(@Nullable String text) {
        return Integer.parseInt(matching("version", text, VERSION_PATTERN, "a number from 1 on"));
    }

    /// `value` in quotes, cut where a message would become unreadable.
    public static String shown(@Nullable String value) {
        if (value == null) {
            return "missing";
        }
        var cut = value.length() > SHOWN_MAX ? value.substring(0, SHOWN_MAX) + "..." : value;
        var text = new StringBuilder("'");
        cut.chars().map(c -> Character.isISOControl(c) ? '?' : c).forEach(c -> text.append((char) c));
        return text.append('\'').toString();
    }

    private static String matching(String thing, @Nullable String value, Pattern pattern, String expected) {
        if (value == null || !pattern.matcher(value).matches()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, thing + ": " + shown(value) + " (expected: " + expected + ")");
        }
        return value;
    }

    private Names() {}
}
