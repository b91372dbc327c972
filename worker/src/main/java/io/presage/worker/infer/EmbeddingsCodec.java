package io.presage.worker.infer;

import io.presage.contract.infer.CodecLimits;
import io.presage.contract.infer.EmbeddingsReader;
import io.presage.contract.infer.EmbeddingsRequest;
import io.presage.contract.infer.EmbeddingsWriter;
import io.presage.contract.infer.InferResponseWriter;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.tasks.EmbeddingTask;
import io.presage.worker.tasks.Task;
import io.presage.worker.versions.ServedVersion;
import java.util.List;

/// OpenAI's embeddings: texts, or the tokens of texts, to vectors.
record EmbeddingsCodec(EmbeddingsRequest request, EmbeddingTask task) implements Form.Asked {
    static EmbeddingsCodec read(CodecLimits limits, byte[] body, int length, ServedVersion version) {
        if (!(version.task() instanceof EmbeddingTask task)) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "model '" + version.key().model() + "' does not embed texts (expected: a model of task"
                            + " text-embedding)");
        }
        var request = EmbeddingsReader.read(limits, body, 0, length);
        if (request.dimensions() != 0 && request.dimensions() != task.dimensions()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "dimensions: " + request.dimensions() + " (expected: " + task.dimensions()
                            + " or none; model '" + version.key().model() + "' has no others)");
        }
        return new EmbeddingsCodec(request, task);
    }

    @Override
    public Task.Prepared prepare(ServedVersion version, int rowsMax) {
        return switch (request.input()) {
            case EmbeddingsRequest.Texts(var texts) -> {
                var name = task.signature().inputs().getFirst().name();
                Tensor input = new Tensor.Bytes(name, Shape.of(texts.size()), texts);
                yield InferCodec.prepare(version, List.of(input), rowsMax);
            }
            case EmbeddingsRequest.Tokens(var texts) -> task.prepareTokens(texts);
        };
    }

    @Override
    public Reply answer(
            InferResponseWriter writer, ServedVersion version, Task.Prepared prepared, List<Tensor> modelOutputs) {
        if (!(task.finish(prepared, modelOutputs).getFirst() instanceof Tensor.Fixed embeddings)) {
            throw new IllegalStateException("embeddings of " + version.key() + " are no numbers. This is a bug.");
        }
        EmbeddingsWriter.write(writer, version.key().model(), embeddings, request.base64(), prepared.tokens());
        return Reply.answer(
                writer.bytes(), writer.length(), -1, version.versionText(), prepared.rows(), prepared.tokens());
    }
}
