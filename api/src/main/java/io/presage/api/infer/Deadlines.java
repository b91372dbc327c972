package io.presage.api.infer;

import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// How long a call may take. Pure.
final class Deadlines {
    private static final long MILLIS_MAX = 600_000;

    private final long defaultMillis;

    Deadlines(Duration byDefault) {
        this.defaultMillis = byDefault.toMillis();
    }

    /// Milliseconds from the arrival of the request: what the caller says, or the default.
    /// @throws ProblemException INVALID_REQUEST
    long millis(MultiMap headers) {
        String text = headers.get(Headers.TIMEOUT_MILLIS);
        return text == null ? defaultMillis : parse(text);
    }

    private static long parse(String text) {
        Long millis = digits(text);
        if (millis == null || millis < 1 || millis > MILLIS_MAX) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    Headers.TIMEOUT_MILLIS + ": " + text + " (expected: 1.." + MILLIS_MAX + ")");
        }
        return millis;
    }

    private static @Nullable Long digits(String text) {
        if (text.isEmpty() || text.length() > 6) {
            return null;
        }
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return null;
            }
            value = value * 10 + (c - '0');
        }
        return value;
    }

    /// What is left of `millis` at `nowNanos`; less than 1 when nothing is. A started millisecond counts, so
    /// that a caller's 1 ms is not refused before it was tried.
    static long leftMillis(long arrivedNanos, long millis, long nowNanos) {
        long leftNanos = TimeUnit.MILLISECONDS.toNanos(millis) - (nowNanos - arrivedNanos);
        return Math.ceilDiv(leftNanos, 1_000_000L);
    }
}
