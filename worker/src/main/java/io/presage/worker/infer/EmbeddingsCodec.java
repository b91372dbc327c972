package io.presage.worker.infer;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.EmbeddingsReader;
import io.presage.contract.infer.EmbeddingsRequest;
import io.presage.contract.infer.EmbeddingsWriter;
import io.presage.contract.infer.InferRequestReader;
import io.presage.contract.infer.InferResponseWriter;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.tasks.EmbeddingTask;
import io.presage.worker.tasks.Task;
import io.presage.worker.versions.ServedVersion;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// OpenAI's embeddings: texts, or the tokens of texts, to vectors. OpenAI's clients send up to 2048 texts at a
/// time, more than a model's batch may hold: such a call is run in parts, one after the other, so that it takes
/// no more of the queue than any other caller's.
final class EmbeddingsCodec implements Form.Asked {
    private final EmbeddingsRequest request;
    private final EmbeddingTask task;
    /// Of the parts that were run; null for a call of one part.
    private final @Nullable ByteBuffer vectors;

    private int rowsBegun;
    private int rowsRun;
    private long tokens;

    private EmbeddingsCodec(EmbeddingsRequest request, EmbeddingTask task, @Nullable ByteBuffer vectors) {
        this.request = request;
        this.task = task;
        this.vectors = vectors;
    }

    static EmbeddingsCodec read(InferRequestReader reader, Content body, ServedVersion version) {
        if (!(version.task() instanceof EmbeddingTask task)) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "model '" + version.key().model() + "' does not embed texts (expected: a model of task"
                            + " text-embedding)");
        }
        var request = EmbeddingsReader.read(reader.limits(), body.bytes(), 0, body.length());
        if (request.dimensions() != 0 && request.dimensions() != task.dimensions()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "dimensions: " + request.dimensions() + " (expected: " + task.dimensions() + " or none; model '"
                            + version.key().model() + "' has no others)");
        }
        int rows = request.input().rows();
        return new EmbeddingsCodec(
                request, task, rows <= task.rowsMax() ? null : room(reader, (long) rows * rowBytes(task)));
    }

    private static int rowBytes(EmbeddingTask task) {
        return Math.multiplyExact(task.dimensions(), Float.BYTES);
    }

    private static ByteBuffer room(InferRequestReader reader, long bytes) {
        int bytesMax = reader.limits().tensorBytesMax();
        if (bytes > bytesMax) {
            throw new ProblemException(
                    Problem.BODY_TOO_LARGE,
                    "input: vectors of " + bytes + " bytes (expected: at most " + bytesMax + ")");
        }
        return reader.allocator().allocate((int) bytes);
    }

    @Override
    public Task.Prepared prepare(ServedVersion version, int rowsMax) {
        int from = rowsBegun;
        int to = Math.min(request.input().rows(), from + task.rowsMax());
        rowsBegun = to;
        try {
            return switch (request.input()) {
                case EmbeddingsRequest.Texts(var texts) -> prepareTexts(version, texts.subList(from, to), rowsMax);
                case EmbeddingsRequest.Tokens(var texts) -> task.prepareTokens(texts.subList(from, to));
            };
        } catch (ProblemException e) {
            throw from == 0 ? e : new ProblemException(e.problem(), "input[" + from + "...]: " + e.detail());
        }
    }

    private Task.Prepared prepareTexts(ServedVersion version, List<byte[]> texts, int rowsMax) {
        var name = task.signature().inputs().getFirst().name();
        return InferCodec.prepare(version, List.of(new Tensor.Bytes(name, Shape.of(texts.size()), texts)), rowsMax);
    }

    @Override
    public boolean hasMore() {
        return rowsBegun < request.input().rows();
    }

    @Override
    public void keep(Task.Prepared prepared, List<Tensor> modelOutputs) {
        var part = embeddings(prepared, modelOutputs);
        if (vectors == null) {
            throw new IllegalStateException("a part of a call that has one. This is a bug.");
        }
        vectors.put(
                rowsRun * rowBytes(task),
                part.data(),
                part.data().position(),
                part.data().remaining());
        rowsRun += prepared.rows();
        tokens += prepared.tokens();
    }

    private Tensor.Fixed embeddings(Task.Prepared prepared, List<Tensor> modelOutputs) {
        if (task.finish(prepared, modelOutputs).getFirst() instanceof Tensor.Fixed embeddings) {
            return embeddings;
        }
        throw new IllegalStateException("embeddings that are no numbers. This is a bug.");
    }

    @Override
    public Reply answer(
            InferResponseWriter writer, ServedVersion version, Task.Prepared prepared, List<Tensor> modelOutputs) {
        if (vectors == null) {
            return answer(writer, version, embeddings(prepared, modelOutputs), prepared.tokens());
        }
        keep(prepared, modelOutputs);
        var shape = Shape.of(rowsRun, task.dimensions());
        return answer(writer, version, new Tensor.Fixed("embedding", DataType.FP32, shape, vectors), tokens);
    }

    private Reply answer(InferResponseWriter writer, ServedVersion version, Tensor.Fixed embeddings, long tokensRun) {
        EmbeddingsWriter.write(writer, version.key().model(), embeddings, request.base64(), tokensRun);
        int rows = (int) embeddings.shape().dim(0);
        return Reply.answer(writer.bytes(), writer.length(), -1, version.versionText(), rows, tokensRun);
    }
}
