package io.presage.worker.infer;

import io.presage.contract.infer.InferRequestReader;
import io.presage.contract.infer.InferResponseWriter;
import io.presage.contract.infer.PredictReader;
import io.presage.contract.infer.PredictRequest;
import io.presage.contract.infer.PredictWriter;
import io.presage.contract.infer.Tensor;
import io.presage.worker.tasks.Task;
import io.presage.worker.versions.ServedVersion;
import java.util.List;

/// TensorFlow Serving's `:predict`: rows in, rows out, or whole tensors both ways.
record PredictCodec(PredictRequest request) implements Form.Asked {
    static PredictCodec read(InferRequestReader reader, Content body, ServedVersion version) {
        return new PredictCodec(PredictReader.read(
                reader.limits(), reader.allocator(), body.bytes(), 0, body.length(), version.signature()));
    }

    @Override
    public Task.Prepared prepare(ServedVersion version, int rowsMax) {
        return InferCodec.prepare(version, request.inputs(), rowsMax);
    }

    @Override
    public Reply answer(
            InferResponseWriter writer, ServedVersion version, Task.Prepared prepared, List<Tensor> modelOutputs) {
        var outputs = version.task().finish(prepared, modelOutputs);
        int rows = request.byRows() ? (int) request.inputs().getFirst().shape().dim(0) : -1;
        PredictWriter.write(writer, rows, outputs);
        return Reply.answer(
                writer.bytes(), writer.length(), -1, version.versionText(), prepared.rows(), prepared.tokens());
    }
}
