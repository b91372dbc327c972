package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads requests for OpenAI's embeddings: `{model, input, encoding_format?, dimensions?, user?}`, where
/// `input` is a text, texts, tokens, or arrays of tokens. Members that OpenAI does not have are ignored; known
/// ones may be `null` where they are optional, but not given twice. Whatever the bytes are, the outcome is a
/// request or a [ProblemException] INVALID_REQUEST, INVALID_TENSOR or BODY_TOO_LARGE. For one body, on one
/// thread.
public final class EmbeddingsReader {
    /// OpenAI's own bounds of the rows of a call; the model's own bound of a text's tokens is lower.
    static final int INPUTS_MAX = 2048;

    private static final int TOKENS_MAX = 1 << 20;

    private static final byte[] MODEL = JsonScanner.ascii("model");
    private static final byte[] INPUT = JsonScanner.ascii("input");
    private static final byte[] ENCODING_FORMAT = JsonScanner.ascii("encoding_format");
    private static final byte[] DIMENSIONS = JsonScanner.ascii("dimensions");
    private static final byte[] FLOAT = JsonScanner.ascii("float");
    private static final byte[] BASE64 = JsonScanner.ascii("base64");

    private final CodecLimits limits;
    private final JsonScanner scanner;
    private final NumberReader numbers;
    private final TensorMemory memory;
    private String numberName = "";

    private boolean hasModel;
    private EmbeddingsRequest.@Nullable Input input;
    private @Nullable Boolean base64;
    private int dimensions = -1;

    private EmbeddingsReader(CodecLimits limits) {
        this.limits = limits;
        this.scanner = new JsonScanner(limits.nestingMax(), limits.nameBytesMax());
        this.numbers = new NumberReader(scanner, () -> numberName);
        this.memory = new TensorMemory(limits.tensorBytesMax(), TensorAllocator.HEAP);
    }

    /// Reads `body[offset, offset + length)`.
    ///
    /// @throws ProblemException INVALID_REQUEST, INVALID_TENSOR, BODY_TOO_LARGE
    public static EmbeddingsRequest read(CodecLimits limits, byte[] body, int offset, int length) {
        return new EmbeddingsReader(limits).read(body, offset, length);
    }

    private EmbeddingsRequest read(byte[] body, int offset, int length) {
        scanner.reset(body, offset, offset + length);
        for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
            readMember();
        }
        scanner.takeEnd();
        if (input == null) {
            throw invalid("input: none (expected: a text, texts, tokens, or arrays of tokens)");
        }
        return new EmbeddingsRequest(input, base64 != null && base64, Math.max(0, dimensions));
    }

    private void readMember() {
        if (scanner.isText(INPUT)) {
            requireFirst(input == null, "input");
            input = readInput();
        } else if (scanner.isText(MODEL)) {
            requireFirst(!hasModel, "model");
            hasModel = true;
            scanner.readText("model", limits.nameBytesMax());
        } else if (scanner.isText(ENCODING_FORMAT)) {
            requireFirst(base64 == null, "encoding_format");
            base64 = !scanner.tryTakeNull() && readIsBase64();
        } else if (scanner.isText(DIMENSIONS)) {
            requireFirst(dimensions < 0, "dimensions");
            dimensions = scanner.tryTakeNull() ? 0 : readDimensions();
        } else {
            scanner.skipValue();
        }
    }

    private boolean readIsBase64() {
        scanner.readText("encoding_format", limits.nameBytesMax());
        if (scanner.isText(BASE64)) {
            return true;
        }
        if (scanner.isText(FLOAT)) {
            return false;
        }
        throw invalid(
                "encoding_format: '" + TensorHead.shorten(scanner.textAsString()) + "' (expected: float or base64)");
    }

    private int readDimensions() {
        numberName = "dimensions";
        int value = (int) numbers.readInteger(DataType.INT32);
        if (value < 1) {
            throw invalid("dimensions: " + value + " (expected: 1 or more)");
        }
        return value;
    }

    private EmbeddingsRequest.Input readInput() {
        if (scanner.peek() == '"') {
            return new EmbeddingsRequest.Texts(List.of(readText("input")));
        }
        if (scanner.peek() != '[') {
            throw scanner.unexpected("input as a text, texts, tokens, or arrays of tokens");
        }
        int opening = scanner.position();
        if (!scanner.firstElement()) {
            throw invalid("input: empty (expected: at least one text)");
        }
        return switch (scanner.peek()) {
            case '"' -> new EmbeddingsRequest.Texts(readTexts());
            case '[' -> new EmbeddingsRequest.Tokens(readTokenArrays());
            default -> {
                scanner.position(opening);
                yield new EmbeddingsRequest.Tokens(List.of(readTokens("input")));
            }
        };
    }

    private List<byte[]> readTexts() {
        var texts = new ArrayList<byte[]>();
        boolean more = true;
        while (more) {
            requireRoomFor(texts.size());
            texts.add(readText("input[" + texts.size() + "]"));
            more = scanner.nextElement();
        }
        return texts;
    }

    private byte[] readText(String name) {
        scanner.readText(name, Integer.MAX_VALUE);
        memory.charge(name, scanner.textLength());
        return scanner.copyText();
    }

    private List<int[]> readTokenArrays() {
        var texts = new ArrayList<int[]>();
        boolean more = true;
        while (more) {
            requireRoomFor(texts.size());
            texts.add(readTokens("input[" + texts.size() + "]"));
            more = scanner.nextElement();
        }
        return texts;
    }

    /// An array of tokens comes next.
    private int[] readTokens(String name) {
        var tokens = new int[64];
        int count = 0;
        numberName = name;
        for (boolean more = scanner.firstElement(); more; more = scanner.nextElement()) {
            if (count == TOKENS_MAX) {
                throw invalid(name + ": more than " + TOKENS_MAX + " tokens (expected: at most that)");
            }
            if (count == tokens.length) {
                tokens = Arrays.copyOf(tokens, 2 * count);
            }
            tokens[count++] = (int) numbers.readInteger(DataType.INT32);
        }
        if (count == 0) {
            throw invalid(name + ": no tokens (expected: at least one)");
        }
        memory.charge(name, (long) count * Integer.BYTES);
        return Arrays.copyOf(tokens, count);
    }

    private static void requireRoomFor(int rows) {
        if (rows == INPUTS_MAX) {
            throw invalid("input: more than " + INPUTS_MAX + " texts (expected: at most that)");
        }
    }

    private static void requireFirst(boolean isFirst, String member) {
        if (!isFirst) {
            throw invalid(member + " twice (expected: once)");
        }
    }

    private static ProblemException invalid(String detail) {
        return new ProblemException(Problem.INVALID_REQUEST, detail);
    }
}
