package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.Base64;

/// Writes OpenAI's list of embeddings. Pure but for the writer whose buffer it fills.
public final class EmbeddingsWriter {
    private static final byte[] LIST = JsonScanner.ascii("{\"object\":\"list\",\"data\":[");
    private static final byte[] EMBEDDING = JsonScanner.ascii("{\"object\":\"embedding\",\"index\":");
    private static final byte[] VECTOR = JsonScanner.ascii(",\"embedding\":");
    private static final byte[] MODEL = JsonScanner.ascii("],\"model\":");
    private static final byte[] USAGE = JsonScanner.ascii(",\"usage\":{\"prompt_tokens\":");
    private static final byte[] TOTAL = JsonScanner.ascii(",\"total_tokens\":");
    private static final byte[] NULL = JsonScanner.ascii("null");

    private EmbeddingsWriter() {}

    /// `embeddings` are FP32 `[rows, dimensions]`. A number that JSON has no form for is `null`, as in JavaScript.
    ///
    /// @throws ProblemException INVALID_REQUEST for a body over 2 GiB
    public static void write(
            InferResponseWriter target, String model, Tensor.Fixed embeddings, boolean base64, long tokens) {
        var sink = target.begin();
        try {
            writeAll(sink, model, embeddings, base64, tokens);
        } catch (ArithmeticException _) {
            target.begin();
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "answer: over 2 GiB (expected: ask for fewer rows at a time)");
        }
    }

    private static void writeAll(JsonSink sink, String model, Tensor.Fixed embeddings, boolean base64, long tokens) {
        int rows = (int) embeddings.shape().dim(0);
        int rowBytes = (int) embeddings.shape().dim(1) * Float.BYTES;
        sink.put(LIST);
        for (int row = 0; row < rows; row++) {
            if (row > 0) {
                sink.put(',');
            }
            sink.put(EMBEDDING);
            sink.putLong(row);
            sink.put(VECTOR);
            int from = embeddings.data().position() + row * rowBytes;
            if (base64) {
                putBase64(sink, embeddings, from, rowBytes);
            } else {
                putNumbers(sink, embeddings, from, rowBytes);
            }
            sink.put('}');
        }
        sink.put(MODEL);
        sink.putText(model);
        sink.put(USAGE);
        sink.putLong(tokens);
        sink.put(TOTAL);
        sink.putLong(tokens);
        sink.put('}');
        sink.put('}');
    }

    private static void putBase64(JsonSink sink, Tensor.Fixed embeddings, int from, int bytes) {
        var row = new byte[bytes];
        embeddings.data().get(from, row);
        sink.put('"');
        sink.put(Base64.getEncoder().encode(row));
        sink.put('"');
    }

    private static void putNumbers(JsonSink sink, Tensor.Fixed embeddings, int from, int bytes) {
        sink.put('[');
        for (int at = from; at < from + bytes; at += Float.BYTES) {
            if (at > from) {
                sink.put(',');
            }
            float value = embeddings.data().getFloat(at);
            if (Float.isFinite(value)) {
                sink.putFloat(value);
            } else {
                sink.put(NULL);
            }
        }
        sink.put(']');
    }
}
