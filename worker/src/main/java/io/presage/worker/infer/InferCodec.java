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

/// From body bytes to a prepared call and from outputs to body bytes. Pure but for the reader and writer it is
/// given.
final class InferCodec {
    private InferCodec() {}

    static InferRequest read(
            InferRequestReader reader, byte[] body, int length, @Nullable String jsonLength, ServedVersion version) {
        int json = InferRequestReader.jsonLength(jsonLength);
        return json == 0 ? reader.readRaw(body, 0, length, version.signature()) : reader.read(body, 0, length, json);
    }

    /// Checks the request against the version and prepares it.
    static Task.Prepared prepare(ServedVersion version, InferRequest request, int rowsMax) {
        var signature = version.signature();
        var inputs = SignatureCheck.check(signature, request.inputs());
        if (!request.outputs().isEmpty()) {
            SignatureCheck.checkOutputs(signature, request.outputs());
        }
        if (signature.batchable() && inputs.getFirst().shape().dim(0) > rowsMax) {
            throw new ProblemException(
                    Problem.INVALID_TENSOR,
                    "input '" + inputs.getFirst().name() + "': "
                            + inputs.getFirst().shape().dim(0) + " rows (expected: at most " + rowsMax
                            + "; send them in several calls)");
        }
        return version.task().prepare(inputs);
    }

    static Reply answer(
            InferResponseWriter writer,
            ServedVersion version,
            InferRequest request,
            Task.Prepared prepared,
            List<Tensor> modelOutputs) {
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
