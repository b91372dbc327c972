package io.presage.api.grpc;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// `grpc-timeout`: at most 8 digits and a unit (gRPC over HTTP/2, "Requests"). Pure.
final class GrpcTimeout {
    /// What [io.presage.contract.http.Headers#TIMEOUT_MILLIS] takes.
    static final long MILLIS_MAX = 600_000;

    /// Milliseconds, a started one counted as whole, at most [#MILLIS_MAX]; empty when the caller does not say.
    /// @throws ProblemException INVALID_REQUEST
    static OptionalLong millis(@Nullable String text) {
        if (text == null) {
            return OptionalLong.empty();
        }
        int digits = text.length() - 1;
        if (digits < 1 || digits > 8) {
            throw broken(text);
        }
        long amount = 0;
        for (int i = 0; i < digits; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                throw broken(text);
            }
            amount = amount * 10 + (c - '0');
        }
        long millis = switch (text.charAt(digits)) {
            case 'H' -> amount * 3_600_000;
            case 'M' -> amount * 60_000;
            case 'S' -> amount * 1000;
            case 'm' -> amount;
            case 'u' -> Math.ceilDiv(amount, 1000L);
            case 'n' -> Math.ceilDiv(amount, 1_000_000L);
            default -> throw broken(text);
        };
        return OptionalLong.of(Math.min(millis, MILLIS_MAX));
    }

    private static ProblemException broken(String text) {
        String shown = text.length() <= 20 ? text : text.substring(0, 20) + "...";
        return new ProblemException(
                Problem.INVALID_REQUEST, "grpc-timeout: " + shown + " (expected: 1 to 8 digits and one of HMSmun)");
    }

    private GrpcTimeout() {}
}
