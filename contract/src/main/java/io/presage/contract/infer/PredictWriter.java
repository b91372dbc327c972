package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.Base64;
import java.util.List;

/// Writes answers of TensorFlow Serving's `:predict`: `predictions`, one for each row, or `outputs`, whole
/// tensors. A model of one output has it without its name. Bytes are text; they are `{"b64": ...}` when they
/// are not UTF-8 or the output's name ends with `_bytes`. Pure but for the writer whose buffer it fills.
public final class PredictWriter {
    private static final byte[] PREDICTIONS = JsonScanner.ascii("{\"predictions\":[");
    private static final byte[] OUTPUTS = JsonScanner.ascii("{\"outputs\":");
    private static final byte[] B64 = JsonScanner.ascii("{\"b64\":\"");
    private static final byte[] TRUE = JsonScanner.ascii("true");
    private static final byte[] FALSE = JsonScanner.ascii("false");

    private PredictWriter() {}

    /// `rows`: of the request that came as rows; -1 for one that came as whole tensors.
    ///
    /// @throws ProblemException INVALID_REQUEST for an output that has no JSON form, that is no rows when rows
    ///     are to be answered, and for a body over 2 GiB
    public static void write(InferResponseWriter target, int rows, List<Tensor> outputs) {
        var sink = target.begin();
        try {
            outputs.forEach(PredictWriter::requireJsonForm);
            if (rows >= 0) {
                writeRows(sink, rows, outputs);
            } else {
                sink.put(OUTPUTS);
                writeNamed(sink, outputs, -1);
                sink.put('}');
            }
        } catch (ArithmeticException _) {
            target.begin();
            throw invalid("answer: over 2 GiB (expected: ask for fewer rows at a time)");
        }
    }

    private static void writeRows(JsonSink sink, int rows, List<Tensor> outputs) {
        for (var output : outputs) {
            if (output.shape().rank() == 0 || output.shape().dim(0) != rows) {
                throw invalid("output '" + output.name() + "': shape " + output.shape() + " for " + rows
                        + " rows (expected: ask with `inputs`, this model's outputs are not rows)");
            }
        }
        sink.put(PREDICTIONS);
        for (int row = 0; row < rows; row++) {
            if (row > 0) {
                sink.put(',');
            }
            writeNamed(sink, outputs, row);
        }
        sink.put(']');
        sink.put('}');
    }

    /// One row of each output, or all of them for row -1.
    private static void writeNamed(JsonSink sink, List<Tensor> outputs, int row) {
        if (outputs.size() == 1) {
            writeValue(sink, outputs.getFirst(), row);
            return;
        }
        sink.put('{');
        for (int i = 0; i < outputs.size(); i++) {
            if (i > 0) {
                sink.put(',');
            }
            sink.putText(outputs.get(i).name());
            sink.put(':');
            writeValue(sink, outputs.get(i), row);
        }
        sink.put('}');
    }

    private static void writeValue(JsonSink sink, Tensor tensor, int row) {
        if (row < 0) {
            writeFrom(sink, tensor, 0, 0);
        } else {
            long perRow = tensor.shape().elementCount() / tensor.shape().dim(0);
            writeFrom(sink, tensor, 1, (int) (row * perRow));
        }
    }

    /// Nested from `axis` on, beginning with element `index`. The index after it.
    private static int writeFrom(JsonSink sink, Tensor tensor, int axis, int index) {
        if (axis == tensor.shape().rank()) {
            writeElement(sink, tensor, index);
            return index + 1;
        }
        sink.put('[');
        int next = index;
        for (long i = 0; i < tensor.shape().dim(axis); i++) {
            if (i > 0) {
                sink.put(',');
            }
            next = writeFrom(sink, tensor, axis + 1, next);
        }
        sink.put(']');
        return next;
    }

    private static void writeElement(JsonSink sink, Tensor tensor, int index) {
        switch (tensor) {
            case Tensor.Bytes texts ->
                writeBytes(sink, texts.elements().get(index), tensor.name().endsWith("_bytes"));
            case Tensor.Fixed fixed -> writeNumber(sink, fixed, index);
        }
    }

    private static void writeNumber(JsonSink sink, Tensor.Fixed tensor, int index) {
        var data = tensor.data();
        int at = data.position() + index * tensor.dataType().byteSize();
        switch (tensor.dataType()) {
            case FP32 -> sink.putFloat(data.getFloat(at));
            case FP64 -> sink.putDouble(data.getDouble(at));
            case INT64 -> sink.putLong(data.getLong(at));
            case UINT64 -> sink.putUnsignedLong(data.getLong(at));
            case INT32 -> sink.putLong(data.getInt(at));
            case UINT32 -> sink.putLong(Integer.toUnsignedLong(data.getInt(at)));
            case INT16 -> sink.putLong(data.getShort(at));
            case UINT16 -> sink.putLong(Short.toUnsignedLong(data.getShort(at)));
            case INT8 -> sink.putLong(data.get(at));
            case UINT8 -> sink.putLong(Byte.toUnsignedLong(data.get(at)));
            case BOOL -> sink.put(data.get(at) == 0 ? FALSE : TRUE);
            case FP16, BF16, BYTES ->
                throw new IllegalStateException(tensor.dataType() + " as numbers. This is a bug.");
        }
    }

    private static void writeBytes(JsonSink sink, byte[] element, boolean asBase64) {
        if (!asBase64 && Utf8.isValid(element, 0, element.length)) {
            sink.putText(element);
            return;
        }
        sink.put(B64);
        sink.put(Base64.getEncoder().encode(element));
        sink.put('"');
        sink.put('}');
    }

    private static void requireJsonForm(Tensor output) {
        if (!output.dataType().hasJsonForm()) {
            throw invalid("output '" + output.name() + "': datatype " + output.dataType()
                    + " has no JSON form (expected: use binary, over /v2/models/MODEL/infer)");
        }
    }

    private static ProblemException invalid(String detail) {
        return new ProblemException(Problem.INVALID_REQUEST, detail);
    }
}
