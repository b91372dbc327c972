package io.presage.hosting;

import java.util.stream.Collectors;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.convert.ConversionFailedException;
import org.springframework.validation.FieldError;

/// Why a start failed, in one line for the person who started it. Pure.
public final class StartFailure {
    public static String describe(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case UnboundConfigurationPropertiesException unknown -> {
                    return unknown(unknown);
                }
                case BindValidationException invalid -> {
                    return invalid(invalid);
                }
                case PortInUseException port -> {
                    return "port " + port.getPort() + " (server.port) is taken: choose another";
                }
                case ConversionFailedException unreadable -> {
                    return unreadable(failure, unreadable);
                }
                default -> {}
            }
        }
        return ours(failure);
    }

    private static String unknown(UnboundConfigurationPropertiesException failure) {
        return failure.getUnboundProperties().stream()
                .map(property -> "unknown configuration key " + property.getName())
                .sorted()
                .collect(Collectors.joining("; "));
    }

    private static String invalid(BindValidationException failure) {
        var errors = failure.getValidationErrors();
        return errors.getAllErrors().stream()
                .map(error -> error instanceof FieldError field
                        ? errors.getName() + "." + field.getField() + ": " + field.getRejectedValue() + " ("
                                + field.getDefaultMessage() + ")"
                        : String.valueOf(error.getDefaultMessage()))
                .sorted()
                .collect(Collectors.joining("; "));
    }

    /// The innermost [BindException] knows the key.
    private static String unreadable(Throwable failure, ConversionFailedException unreadable) {
        String key = "a configuration key";
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException bind) {
                key = bind.getName().toString();
            }
        }
        return key + ": " + unreadable.getValue() + " (expected: "
                + unreadable.getTargetType().getType().getSimpleName() + ")";
    }

    /// The outermost cause that was thrown by our own checks, else the innermost.
    private static String ours(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            var trace = cause.getStackTrace();
            if (trace.length > 0 && trace[0].getClassName().startsWith("io.presage.")) {
                return oneLine(String.valueOf(cause.getMessage()));
            }
        }
        return oneLine(root(failure).toString());
    }

    private static Throwable root(Throwable failure) {
        Throwable cause = failure;
        for (Throwable next = cause.getCause(); next != null; next = next.getCause()) {
            cause = next;
        }
        return cause;
    }

    private static String oneLine(String text) {
        return text.replace('\n', ' ').replace('\r', ' ');
    }

    private StartFailure() {}
}
