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
            InferRequestReader reader, byte[] body, int length, @Nullable String jsonLength, ServedVersion version) {
        int json = InferRequestReader.jsonLength(jsonLength);
        return new InferCodec(
                json == 0
                        ? reader.readRaw(body, 0, length, version.signature())
                        : reader.read(body, 0, length, json));
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
