package io.presage.engine.xgboost;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadedModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/// One thread's way into a [Booster]. Direct, aligned inputs are read where they lie; others are copied into
/// memory that is reused. The answer is copied out of the library's memory, which belongs to the thread, into
/// memory of this view.
final class XgboostModel implements LoadedModel {
    /// More is not kept.
    private static final int KEPT_BYTES_MAX = 4 << 20;

    private final Booster booster;
    private final long columns;
    private final List<Long> outputShape;
    private final MatrixText matrix;
    private final XgboostLibrary.Answer answer;
    private ByteBuffer staged = ByteBuffer.allocateDirect(0);
    private ByteBuffer output = ByteBuffer.allocateDirect(0);
    private boolean closed;

    XgboostModel(Booster booster) {
        this.booster = booster;
        this.columns = booster.signature().inputs().getFirst().shape().get(1);
        this.outputShape = booster.signature().outputs().getFirst().shape();
        var arena = Arena.ofAuto();
        this.matrix = new MatrixText(arena);
        this.answer = new XgboostLibrary.Answer(arena);
    }

    @Override
    public Signature signature() {
        return booster.signature();
    }

    @Override
    public List<Tensor> run(List<Tensor> inputs) {
        if (closed) {
            throw new IllegalStateException("run after close. This is a bug.");
        }
        var data = readable(((Tensor.Fixed) inputs.getFirst()).data());
        long rows = inputs.getFirst().shape().dim(0);
        try {
            booster.predict(
                    matrix.of(MemorySegment.ofBuffer(data).address(), rows, columns), matrix.settings(), answer);
        } catch (XgboostException e) {
            throw new ProblemException(Problem.ENGINE_FAILED, "XGBoost: " + e.getMessage(), e);
        } finally {
            Reference.reachabilityFence(data);
        }
        var shape = Shape.of(outputShape).withDim(0, rows);
        if (answer.rank() != shape.rank()
                || answer.dim(0) != rows
                || (shape.rank() > 1 && answer.dim(1) != shape.dim(1))) {
            throw new ProblemException(
                    Problem.ENGINE_FAILED, "XGBoost: the answer has another shape than expected: " + shape);
        }
        int bytes = Math.toIntExact(shape.elementCount() * DataType.FP32.byteSize());
        output = roomIn(output, bytes);
        var answered = output.slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
        MemorySegment.ofBuffer(answered).copyFrom(answer.values(bytes));
        if (output.capacity() > KEPT_BYTES_MAX) {
            output = ByteBuffer.allocateDirect(0);
        }
        return List.of(new Tensor.Fixed(Booster.OUTPUT, DataType.FP32, shape, answered));
    }

    private ByteBuffer readable(ByteBuffer data) {
        if (data.isDirect() && MemorySegment.ofBuffer(data).address() % Float.BYTES == 0) {
            return data;
        }
        int bytes = data.remaining();
        var room = roomIn(staged, bytes);
        staged = bytes <= KEPT_BYTES_MAX ? room : staged;
        return room.slice(0, bytes).put(0, data, data.position(), bytes);
    }

    private static ByteBuffer roomIn(ByteBuffer kept, int bytes) {
        return kept.capacity() >= bytes ? kept : ByteBuffer.allocateDirect(Math.max(bytes, kept.capacity() * 2));
    }

    @Override
    public Optional<LoadedModel> share() {
        return Optional.of(booster.view());
    }

    @Override
    public long memoryBytes() {
        return booster.bytes();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            booster.release();
        }
    }
}
