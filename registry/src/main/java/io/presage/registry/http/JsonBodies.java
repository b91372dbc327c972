package io.presage.registry.http;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.exc.ValueInstantiationException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/// Reads JSON bodies with a bound, and turns whatever is wrong with one into a message that names the member,
/// what was found and what was expected. Stateless; any thread.
public final class JsonBodies {
    /// For the control API, whose bodies are small.
    public static final int BYTES_MAX = 64 * 1024;

    /// Strict, for people: an unknown member is most likely a misspelt one.
    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .withCoercionConfig(
                    LogicalType.Textual,
                    texts -> texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();

    /// For our own services: an older registry lives beside a newer worker.
    private static final JsonMapper LENIENT = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /// For the control API: refuses unknown members.
    ///
    /// @throws ProblemException INVALID_REQUEST, BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE
    public static <T> T strict(HttpServletRequest request, Class<T> type) throws IOException {
        return read(STRICT, request, type, BYTES_MAX);
    }

    /// For the services among themselves: ignores unknown members.
    ///
    /// @throws ProblemException INVALID_REQUEST, BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE
    public static <T> T lenient(HttpServletRequest request, Class<T> type, int bytesMax) throws IOException {
        return read(LENIENT, request, type, bytesMax);
    }

    private static <T> T read(JsonMapper mapper, HttpServletRequest request, Class<T> type, int bytesMax)
            throws IOException {
        requireJson(request.getContentType());
        if (request.getContentLengthLong() > bytesMax) {
            throw tooLarge(request.getContentLengthLong() + " bytes", bytesMax);
        }
        var bytes = request.getInputStream().readNBytes(bytesMax + 1);
        if (bytes.length > bytesMax) {
            throw tooLarge("more", bytesMax);
        }
        return parse(mapper, bytes, type);
    }

    private static <T> T parse(JsonMapper mapper, byte[] bytes, Class<T> type) {
        if (bytes.length == 0) {
            throw invalid("body: empty (expected: a JSON object)");
        }
        try {
            T value = mapper.readValue(bytes, type);
            if (value == null) {
                throw invalid("body: null (expected: a JSON object)");
            }
            return value;
        } catch (ValueInstantiationException e) {
            if (e.getCause() instanceof ProblemException problem) {
                throw problem;
            }
            throw invalid(member(e) + ": " + reason(e.getCause()));
        } catch (UnrecognizedPropertyException e) {
            var known = e.getKnownPropertyIds();
            throw invalid(member(e) + ": unknown member (expected: "
                    + (known == null
                            ? "none"
                            : known.stream().map(String::valueOf).sorted().collect(Collectors.joining(", ")))
                    + ")");
        } catch (InvalidFormatException e) {
            throw invalid(member(e) + ": " + Names.shown(String.valueOf(e.getValue())) + " (expected: "
                    + expected(e.getTargetType()) + ")");
        } catch (MismatchedInputException e) {
            throw invalid(member(e) + ": wrong type or missing (expected: " + expected(e.getTargetType()) + ")");
        } catch (StreamReadException e) {
            var at = e.getLocation();
            throw invalid("body: not JSON (line " + at.getLineNr() + ", column " + at.getColumnNr() + ": "
                    + e.getOriginalMessage() + ")");
        } catch (JacksonException e) {
            throw invalid("body: " + e.getOriginalMessage());
        }
    }

    /// `curl -d` announces a form unless told otherwise; that one lie is accepted.
    private static void requireJson(@Nullable String contentType) {
        if (contentType == null) {
            return;
        }
        var type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (!type.equals("application/json")
                && !type.endsWith("+json")
                && !type.equals("application/x-www-form-urlencoded")) {
            throw new ProblemException(
                    Problem.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Type: " + Names.shown(contentType) + " (expected: application/json)");
        }
    }

    private static String member(DatabindException e) {
        var path = new StringBuilder();
        for (var step : e.getPath()) {
            if (step.getPropertyName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
            }
        }
        return path.isEmpty() ? "body" : path.toString();
    }

    private static String expected(@Nullable Class<?> type) {
        if (type == null) {
            return "another type";
        }
        if (type.isEnum()) {
            return "one of " + java.util.Arrays.toString(type.getEnumConstants());
        }
        if (type == String.class) {
            return "a string";
        }
        if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
            return "a whole number";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (java.util.Collection.class.isAssignableFrom(type)) {
            return "an array";
        }
        return type.isRecord() ? "an object" : type.getSimpleName();
    }

    private static String reason(@Nullable Throwable cause) {
        return cause instanceof IllegalArgumentException
                ? String.valueOf(cause.getMessage())
                : "incomplete (expected: every member present)";
    }

    private static ProblemException invalid(String message) {
        return new ProblemException(Problem.INVALID_REQUEST, message);
    }

    private static ProblemException tooLarge(String found, int bytesMax) {
        return new ProblemException(
                Problem.BODY_TOO_LARGE, "body: " + found + " (expected: at most " + bytesMax + " bytes)");
    }

    private JsonBodies() {}
}
