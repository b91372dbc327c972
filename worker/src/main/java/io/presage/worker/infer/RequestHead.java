package io.presage.worker.infer;

import io.presage.contract.http.Headers;
import io.presage.contract.infer.InferRequestReader;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.batching.Priority;
import io.vertx.core.MultiMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// The headers that matter here, found in one pass. One thread, one request.
final class RequestHead implements BiConsumer<String, String> {
    private static final int REQUEST_ID_CHARS_MAX = 128;
    private static final long TIMEOUT_MILLIS_MAX = 600_000;

    private int hosts;
    private int transferEncodings;
    private int contentLengths;
    private @Nullable String transferEncoding;
    private @Nullable String contentLength;
    private @Nullable String contentType;
    private @Nullable String contentEncoding;
    private @Nullable String acceptEncoding;
    private @Nullable String secret;
    private @Nullable String timeoutMillis;
    private @Nullable String requestId;
    private @Nullable String jsonLength;
    private @Nullable String expect;
    private @Nullable String priority;

    static RequestHead of(MultiMap headers) {
        var head = new RequestHead();
        headers.forEach(head);
        return head;
    }

    /// By length first: most names are told apart without looking at a letter.
    @Override
    public void accept(String name, String value) {
        switch (name.length()) {
            case 4 -> {
                if (name.equalsIgnoreCase("Host")) {
                    hosts++;
                }
            }
            case 6 -> {
                if (name.equalsIgnoreCase("Expect")) {
                    expect = value;
                }
            }
            case 12 -> {
                if (name.equalsIgnoreCase("Content-Type")) {
                    contentType = value;
                } else if (name.equalsIgnoreCase(Headers.REQUEST_ID)) {
                    requestId = value;
                }
            }
            case 14 -> {
                if (name.equalsIgnoreCase("Content-Length")) {
                    contentLength = value;
                    contentLengths++;
                }
            }
            case 15 -> {
                if (name.equalsIgnoreCase("Accept-Encoding")) {
                    acceptEncoding = acceptEncoding == null ? value : acceptEncoding + "," + value;
                }
            }
            case 16 -> {
                if (name.equalsIgnoreCase("Content-Encoding")) {
                    // Two lines are a list: more than one coding.
                    contentEncoding = contentEncoding == null ? value : contentEncoding + "," + value;
                } else if (name.equalsIgnoreCase(Headers.PRIORITY)) {
                    priority = value;
                }
            }
            case 17 -> {
                if (name.equalsIgnoreCase("Transfer-Encoding")) {
                    transferEncoding = value;
                    transferEncodings++;
                }
            }
            case 18 -> {
                if (name.equalsIgnoreCase(Headers.TIMEOUT_MILLIS)) {
                    timeoutMillis = value;
                }
            }
            case 22 -> {
                if (name.equalsIgnoreCase(Headers.SERVICE_SECRET)) {
                    secret = value;
                }
            }
            case 31 -> {
                if (name.equalsIgnoreCase(Headers.INFERENCE_HEADER_CONTENT_LENGTH)) {
                    jsonLength = value;
                }
            }
            default -> {}
        }
    }

    /// What is wrong with the message's framing, in words; null when nothing is. After such a request nothing
    /// on the connection can be trusted (RFC 9112, 6.1 and 11.2).
    @Nullable
    String framingError(boolean needsHost) {
        if (transferEncodings > 1 || (transferEncoding != null && !transferEncoding.equalsIgnoreCase("chunked"))) {
            return "Transfer-Encoding: expected exactly one, `chunked`";
        }
        if (transferEncoding != null && contentLength != null) {
            return "Transfer-Encoding and Content-Length: expected one of them";
        }
        if (contentLengths > 1 || (contentLength != null && contentLength() < 0)) {
            return "Content-Length: expected one number";
        }
        if (hosts > 1 || (hosts == 0 && needsHost)) {
            return "Host: " + hosts + " of them (expected: exactly one)";
        }
        if (expect != null && !expect.equalsIgnoreCase("100-continue")) {
            return "Expect: expected `100-continue` or none";
        }
        return null;
    }

    boolean expectsContinue() {
        return expect != null;
    }

    boolean isChunked() {
        return transferEncoding != null;
    }

    /// -1 when it is absent or no number.
    long contentLength() {
        if (contentLength == null || contentLength.isEmpty() || contentLength.length() > 18) {
            return -1;
        }
        long length = 0;
        for (int i = 0; i < contentLength.length(); i++) {
            char digit = contentLength.charAt(i);
            if (digit < '0' || digit > '9') {
                return -1;
            }
            length = length * 10 + (digit - '0');
        }
        return length;
    }

    @Nullable
    String jsonLength() {
        return jsonLength;
    }

    /// Bytes of the JSON part; -1 when the head does not say.
    ///
    /// @throws ProblemException INVALID_REQUEST when it says no number
    int jsonBytes() {
        return InferRequestReader.jsonLength(jsonLength);
    }

    /// As sent, if it is one that may be echoed.
    @Nullable
    String requestId() {
        if (requestId == null || requestId.isEmpty() || requestId.length() > REQUEST_ID_CHARS_MAX) {
            return null;
        }
        for (int i = 0; i < requestId.length(); i++) {
            char c = requestId.charAt(i);
            var isAllowed = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '.'
                    || c == '_'
                    || c == '-';
            if (!isAllowed) {
                return null;
            }
        }
        return requestId;
    }

    /// Looks at every character whatever the first ones are, so that time tells nothing of the secret.
    boolean hasSecret(String expected) {
        if (secret == null) {
            return false;
        }
        int difference = secret.length() ^ expected.length();
        for (int i = 0; i < expected.length(); i++) {
            difference |= expected.charAt(i) ^ (i < secret.length() ? secret.charAt(i) : 0);
        }
        return difference == 0;
    }

    /// Nanoseconds from the request's arrival to its deadline.
    ///
    /// @throws ProblemException INVALID_REQUEST for a timeout out of range
    long timeoutNanos(long standardNanos) {
        if (timeoutMillis == null) {
            return standardNanos;
        }
        long millis = 0;
        var isNumber = !timeoutMillis.isEmpty() && timeoutMillis.length() <= 6;
        for (int i = 0; isNumber && i < timeoutMillis.length(); i++) {
            char digit = timeoutMillis.charAt(i);
            isNumber = digit >= '0' && digit <= '9';
            millis = millis * 10 + (digit - '0');
        }
        if (!isNumber || millis < 1 || millis > TIMEOUT_MILLIS_MAX) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    Headers.TIMEOUT_MILLIS + ": '" + shorten(timeoutMillis)
                            + "' (expected: a whole number of milliseconds, 1.." + TIMEOUT_MILLIS_MAX + ")");
        }
        return millis * 1_000_000;
    }

    /// @throws ProblemException INVALID_REQUEST for a priority that there is not
    Priority priority() {
        if (priority == null) {
            return Priority.NORMAL;
        }
        return switch (priority) {
            case "high" -> Priority.HIGH;
            case "normal" -> Priority.NORMAL;
            case "low" -> Priority.LOW;
            default ->
                throw new ProblemException(
                        Problem.INVALID_REQUEST,
                        Headers.PRIORITY + ": '" + shorten(priority) + "' (expected: high, normal or low)");
        };
    }

    /// Triton's clients send no type, or `application/octet-stream` with pure JSON.
    ///
    /// @throws ProblemException UNSUPPORTED_MEDIA_TYPE for another type, unless any will do, or coding
    void checkMedia(boolean anyType) {
        if (contentEncoding != null && ContentCoding.named(contentEncoding) == null) {
            throw new ProblemException(
                    Problem.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Encoding: '" + shorten(contentEncoding) + "' (expected: gzip, deflate or none)");
        }
        if (!anyType && contentType != null && !isReadable(contentType)) {
            throw new ProblemException(
                    Problem.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Type: '" + shorten(contentType)
                            + "' (expected: application/json, application/octet-stream or none)");
        }
    }

    /// How the body is packed, after [#checkMedia].
    ContentCoding bodyCoding() {
        var named = ContentCoding.named(contentEncoding);
        return named == null ? ContentCoding.IDENTITY : named;
    }

    /// How the client likes its answer packed.
    ContentCoding answerCoding() {
        return ContentCoding.liked(acceptEncoding);
    }

    private static boolean isReadable(String type) {
        int end = type.indexOf(';');
        var plain = (end < 0 ? type : type.substring(0, end)).strip();
        return plain.isEmpty()
                || plain.equalsIgnoreCase("application/json")
                || plain.equalsIgnoreCase("application/octet-stream");
    }

    private static String shorten(String value) {
        return value.length() <= 100 ? value : value.substring(0, 100) + "...";
    }
}
