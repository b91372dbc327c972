package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads OIP v2 REST responses: for the samples of a package, for tests and for clients. Any thread.
public final class InferResponseReader {
    private static final byte[] MODEL_NAME = JsonScanner.ascii("model_name");
    private static final byte[] MODEL_VERSION = JsonScanner.ascii("model_version");
    private static final byte[] ID = JsonScanner.ascii("id");
    private static final byte[] OUTPUTS = JsonScanner.ascii("outputs");

    private final JsonScanner scanner =
            new JsonScanner(CodecLimits.DEFAULT.nestingMax(), CodecLimits.DEFAULT.nameBytesMax());
    private final TensorReader outputs =
            new TensorReader("output", CodecLimits.DEFAULT, TensorAllocator.HEAP, scanner, new NameCache());

    private @Nullable String modelName;
    private @Nullable String modelVersion;
    private @Nullable String id;
    private boolean hasOutputs;

    /// Reads all of `body`; the tensors lie in heap memory. `jsonLength`: value of
    /// `Inference-Header-Content-Length`, or -1 when that header is absent. `model_name` and `model_version`
    /// are `""` when they are not there, as in expected answers that hold for any version.
    ///
    /// @throws ProblemException INVALID_REQUEST, INVALID_TENSOR, BODY_TOO_LARGE
    public static InferResponse read(byte[] body, int jsonLength) {
        return new InferResponseReader().readAll(body, jsonLength);
    }

    private InferResponseReader() {}

    private InferResponse readAll(byte[] body, int jsonLength) {
        if (jsonLength > body.length) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "Inference-Header-Content-Length: " + jsonLength + " (expected: at most " + body.length + ")");
        }
        int jsonEnd = jsonLength < 0 ? body.length : jsonLength;
        scanner.reset(body, 0, jsonEnd);
        for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
            readMember();
        }
        scanner.takeEnd();
        if (!hasOutputs) {
            throw new ProblemException(Problem.INVALID_REQUEST, "outputs: none (expected: an array of tensors)");
        }
        List<Tensor> tensors = outputs.finish(TensorReader.tail(body, jsonEnd, body.length));
        return new InferResponse(
                modelName == null ? "" : modelName, modelVersion == null ? "" : modelVersion, id, tensors);
    }

    private void readMember() {
        if (scanner.isText(OUTPUTS)) {
            requireFirst(!hasOutputs, "outputs");
            hasOutputs = true;
            outputs.readTensors();
        } else if (scanner.isText(MODEL_NAME)) {
            requireFirst(modelName == null, "model_name");
            modelName = readText("model_name");
        } else if (scanner.isText(MODEL_VERSION)) {
            requireFirst(modelVersion == null, "model_version");
            modelVersion = scanner.tryTakeNull() ? null : readText("model_version");
        } else if (scanner.isText(ID)) {
            requireFirst(id == null, "id");
            id = scanner.tryTakeNull() ? null : readText("id");
        } else {
            scanner.skipValue();
        }
    }

    private String readText(String what) {
        scanner.readText(what, CodecLimits.DEFAULT.nameBytesMax());
        return scanner.textAsString();
    }

    private static void requireFirst(boolean isFirst, String member) {
        if (!isFirst) {
            throw new ProblemException(Problem.INVALID_REQUEST, member + " twice (expected: once)");
        }
    }
}
