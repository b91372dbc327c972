package io.presage.worker.tasks;

import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;

/// Elements of BYTES inputs. JSON has no bytes, so pictures and sounds travel there as base64 text; an element
/// that already begins like a known file is taken as it is. Messages show at most the first bytes of what was
/// sent. Any thread.
final class Payload {
    private static final int SHOWN_BYTES = 8;
    private static final byte[] DATA_URL = "data:".getBytes(StandardCharsets.US_ASCII);
    private static final int DATA_URL_HEAD_MAX = 100;

    private Payload() {}

    /// @param rowsMax the largest batch: a call is never split, so a larger one would take more memory than any
    ///     batch
    static List<byte[]> elements(Tensor input, int rowsMax) {
        if (!(input instanceof Tensor.Bytes bytes)) {
            throw new IllegalStateException(
                    "input " + input.name() + " is " + input.dataType() + " and passed the signature. This is a bug.");
        }
        int rows = bytes.elements().size();
        if (rows < 1 || rows > rowsMax) {
            throw new ProblemException(
                    Problem.INVALID_INPUT, "%s: %d rows (expected: 1..%d)".formatted(input.name(), rows, rowsMax));
        }
        return bytes.elements();
    }

    static String rowName(String input, int row) {
        return input + "[" + row + "]";
    }

    /// @param name of the row, for messages
    /// @param known tells a file of the expected kind by its first bytes
    /// @param expected in words: `a JPEG or PNG file`
    static byte[] file(String name, byte[] element, Predicate<byte[]> known, String expected) {
        if (known.test(element)) {
            return element;
        }
        byte[] decoded;
        try {
            decoded = Base64.getDecoder().decode(withoutDataUrl(element));
        } catch (IllegalArgumentException e) {
            throw invalid(name, element, "not base64 either", expected);
        }
        if (!known.test(decoded)) {
            throw invalid(name, decoded, "after base64", expected);
        }
        return decoded;
    }

    /// Browsers' FileReader gives `data:image/png;base64,...`.
    private static byte[] withoutDataUrl(byte[] element) {
        if (element.length > DATA_URL.length
                && Arrays.equals(element, 0, DATA_URL.length, DATA_URL, 0, DATA_URL.length)) {
            for (int i = DATA_URL.length; i < Math.min(element.length, DATA_URL_HEAD_MAX); i++) {
                if (element[i] == ',') {
                    return Arrays.copyOfRange(element, i + 1, element.length);
                }
            }
        }
        return element;
    }

    private static ProblemException invalid(String name, byte[] bytes, String how, String expected) {
        String shown = HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(SHOWN_BYTES, bytes.length));
        String what =
                bytes.length == 0 ? "empty" : "%d bytes that begin with %s, %s".formatted(bytes.length, shown, how);
        return new ProblemException(
                Problem.INVALID_INPUT, "%s: %s (expected: %s, in JSON as base64)".formatted(name, what, expected));
    }
}
