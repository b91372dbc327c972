package io.presage.worker.infer;

import io.presage.contract.infer.InferRequest;
import io.presage.contract.infer.InferRequestReader;
import io.presage.contract.infer.InferResponse;
import io.presage.contract.infer.InferResponseWriter;
import io.presage.contract.infer.SignatureCheck;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.tasks.Task;
import io.presage.worker.versions.ServedVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// From body bytes to a prepared call and from outputs to body bytes, as OIP has them. Pure but for the reader and
/// writer it is given.
record InferCodec(InferRequest request) implements Form.Asked {
    static InferCodec read(
            InferRequestReader reader, Content body, @Nullable String jsonLength, ServedVersion version) {
        return new InferCodec(request(reader, body, InferRequestReader.jsonLength(jsonLength), version));
    }

    private static InferRequest request(
            InferRequestReader reader, Content body, int jsonLength, ServedVersion version) {
        var tail = body.tail();
        if (tail != null) {
            return jsonLength == 0
                    ? reader.readRaw(tail, version.signature())
                    : reader.read(body.bytes(), body.length(), tail);
        }
        return jsonLength == 0
                ? reader.readRaw(body.bytes(), 0, body.length(), version.signature())
                : reader.read(body.bytes(), 0, body.length(), jsonLength);
    }

    @Override
    public Task.Prepared prepare(ServedVersion version, int rowsMax) {
        var signature = version.signature();
        if (!request.outputs().isEmpty()) {
            SignatureCheck.checkOutputs(signature, request.outputs());
        }
        return prepare(version, request.inputs(), rowsMax);
    }

    /// Checks inputs against the version and prepares them.
    static Task.Prepared prepare(ServedVersion version, List<Tensor> given, int rowsMax) {
        var signature = version.signature();
        var inputs = SignatureCheck.check(signature, given);
        if (signature.batchable() && inputs.getFirst().shape().dim(0) > rowsMax) {
            throw new ProblemException(
                    Problem.INVALID_TENSOR,
                    "input '" + inputs.getFirst().name() + "': "
                            + inputs.getFirst().shape().dim(0) + " rows (expected: at most " + rowsMax
                            + "; send them in several calls)");
        }
        return version.task().prepare(inputs);
    }

    @Override
    public Reply answer(
            InferResponseWriter writer, ServedVersion version, Task.Prepared prepared, List<Tensor> modelOutputs) {
        var outputs = version.task().finish(prepared, modelOutputs);
        writer.write(
                new InferResponse(
                        version.key().model(),
                        version.versionText(),
                        request.id(),
                        SignatureCheck.select(request.outputs(), outputs)),
                request);
        return Reply.answer(
                writer.bytes(),
                writer.length(),
                writer.jsonLength(),
                version.versionText(),
                prepared.rows(),
                prepared.tokens());
    }
}
