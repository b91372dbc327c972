package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;

/// Writes OIP v2 REST responses into one growing buffer that is reused: what [#bytes] holds is valid until the
/// next [#write]. JSON data is flat. One thread at a time.
public final class InferResponseWriter {
    private static final byte[] MODEL_NAME = JsonScanner.ascii("{\"model_name\":");
    private static final byte[] MODEL_VERSION = JsonScanner.ascii(",\"model_version\":");
    private static final byte[] ID = JsonScanner.ascii(",\"id\":");
    private static final byte[] OUTPUTS = JsonScanner.ascii(",\"outputs\":[");
    private static final byte[] NAME = JsonScanner.ascii("{\"name\":");
    private static final byte[] DATATYPE = JsonScanner.ascii(",\"datatype\":\"");
    private static final byte[] SHAPE = JsonScanner.ascii("\",\"shape\":[");
    private static final byte[] BINARY_DATA_SIZE = JsonScanner.ascii("],\"parameters\":{\"binary_data_size\":");
    private static final byte[] DATA = JsonScanner.ascii("],\"data\":[");
    private static final byte[] TRUE = JsonScanner.ascii("true");
    private static final byte[] FALSE = JsonScanner.ascii("false");

    private final JsonSink sink = new JsonSink();
    private int jsonLength = -1;

    /// Writes the outputs in the response's order; `request` says which of them travel as binary.
    ///
    /// @throws ProblemException INVALID_REQUEST for an output that has no JSON form and was not asked for as
    ///     binary, and for a body over 2 GiB
    public void write(InferResponse response, InferRequest request) {
        sink.clear();
        jsonLength = -1;
        try {
            writeAll(response, request);
        } catch (ArithmeticException _) {
            sink.clear();
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "answer: over 2 GiB (expected: ask for fewer outputs or rows at a time)");
        } catch (ProblemException e) {
            sink.clear();
            throw e;
        }
    }

    /// For a body of another protocol, which is written into the same buffer.
    JsonSink begin() {
        sink.clear();
        jsonLength = -1;
        return sink;
    }

    /// The encoded body lies at [0, length).
    public byte[] bytes() {
        return sink.bytes();
    }

    public int length() {
        return sink.length();
    }

    /// Value for `Inference-Header-Content-Length`, or -1 when no tensor travels as binary.
    public int jsonLength() {
        return jsonLength;
    }

    private void writeAll(InferResponse response, InferRequest request) {
        sink.put(MODEL_NAME);
        sink.putText(response.modelName());
        sink.put(MODEL_VERSION);
        sink.putText(response.modelVersion());
        if (response.id() != null) {
            sink.put(ID);
            sink.putText(response.id());
        }
        sink.put(OUTPUTS);
        boolean hasBinary = false;
        var outputs = response.outputs();
        for (int i = 0; i < outputs.size(); i++) {
            if (i > 0) {
                sink.put(',');
            }
            boolean isBinary = request.wantsBinary(outputs.get(i).name());
            hasBinary |= isBinary;
            writeTensor(outputs.get(i), isBinary);
        }
        sink.put(']');
        sink.put('}');
        if (hasBinary) {
            jsonLength = sink.length();
            for (var output : outputs) {
                if (request.wantsBinary(output.name())) {
                    writeBinary(output);
                }
            }
        }
    }

    private void writeTensor(Tensor tensor, boolean isBinary) {
        sink.put(NAME);
        sink.putText(tensor.name());
        sink.put(DATATYPE);
        sink.put(JsonScanner.ascii(tensor.dataType().name()));
        sink.put(SHAPE);
        for (int axis = 0; axis < tensor.shape().rank(); axis++) {
            if (axis > 0) {
                sink.put(',');
            }
            sink.putLong(tensor.shape().dim(axis));
        }
        if (isBinary) {
            sink.put(BINARY_DATA_SIZE);
            sink.putLong(binarySize(tensor));
            sink.put('}');
        } else {
            sink.put(DATA);
            switch (tensor) {
                case Tensor.Fixed fixed -> writeNumbers(fixed);
                case Tensor.Bytes texts -> writeTexts(texts);
            }
            sink.put(']');
        }
        sink.put('}');
    }

    private void writeNumbers(Tensor.Fixed tensor) {
        var type = tensor.dataType();
        if (!type.hasJsonForm()) {
            throw useBinary(tensor, "datatype " + type + " has no JSON form");
        }
        var data = tensor.data();
        int end = data.limit();
        for (int at = data.position(); at < end; at += type.byteSize()) {
            if (at > data.position()) {
                sink.put(',');
            }
            switch (type) {
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
                case FP16, BF16, BYTES -> throw new IllegalStateException(type + " as numbers. This is a bug.");
            }
        }
    }

    private void writeTexts(Tensor.Bytes tensor) {
        var elements = tensor.elements();
        for (int i = 0; i < elements.size(); i++) {
            var element = elements.get(i);
            if (!Utf8.isValid(element, 0, element.length)) {
                throw useBinary(tensor, "element " + i + " is not UTF-8, which JSON needs");
            }
            if (i > 0) {
                sink.put(',');
            }
            sink.putText(element);
        }
    }

    private static long binarySize(Tensor tensor) {
        return switch (tensor) {
            case Tensor.Fixed fixed -> fixed.data().remaining();
            case Tensor.Bytes texts -> {
                long size = 0;
                for (var element : texts.elements()) {
                    size += 4L + element.length;
                }
                yield size;
            }
        };
    }

    private void writeBinary(Tensor tensor) {
        switch (tensor) {
            case Tensor.Fixed fixed -> sink.put(fixed.data());
            case Tensor.Bytes texts -> {
                for (var element : texts.elements()) {
                    sink.putLittleEndian(element.length);
                    sink.put(element);
                }
            }
        }
    }

    private static ProblemException useBinary(Tensor tensor, String reason) {
        return new ProblemException(
                Problem.INVALID_REQUEST,
                "output '" + TensorHead.shorten(tensor.name()) + "': " + reason
                        + " (expected: use binary, `parameters.binary_data: true`)");
    }
}
