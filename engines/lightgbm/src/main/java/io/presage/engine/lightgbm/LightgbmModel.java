package io.presage.engine.lightgbm;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadedModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/// One thread's way into a [Booster]. Direct, aligned inputs are read where they lie; others are copied into
/// memory that is reused. Answers are written by the library into memory of this view.
final class LightgbmModel implements LoadedModel {
    /// More is not kept.
    private static final int KEPT_BYTES_MAX = 4 << 20;

    private final Booster booster;
    private final int columns;
    private final Shape outputShape;
    private final MemorySegment settings;
    private final MemorySegment count;
    private ByteBuffer staged = ByteBuffer.allocateDirect(0);
    private ByteBuffer output = ByteBuffer.allocateDirect(0);
    private boolean closed;

    LightgbmModel(Booster booster) {
        this.booster = booster;
        this.columns =
                Math.toIntExact(booster.signature().inputs().getFirst().shape().get(1));
        this.outputShape = Shape.of(booster.signature().outputs().getFirst().shape());
        var arena = Arena.ofAuto();
        this.settings = arena.allocateFrom(booster.settings());
        this.count = arena.allocate(ValueLayout.JAVA_LONG);
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
        var input = (Tensor.Fixed) inputs.getFirst();
        int rows = Math.toIntExact(input.shape().dim(0));
        var shape = outputShape.withDim(0, rows);
        int bytes = Math.toIntExact(Math.multiplyExact(shape.elementCount(), Double.BYTES));
        var room = roomIn(output, bytes);
        output = bytes <= KEPT_BYTES_MAX ? room : output;
        var answers = room.slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            booster.predict(
                    MemorySegment.ofBuffer(readable(input.data())),
                    rows,
                    columns,
                    settings,
                    count,
                    MemorySegment.ofBuffer(answers));
        } catch (LightgbmException e) {
            throw new ProblemException(Problem.ENGINE_FAILED, "LightGBM: " + e.getMessage(), e);
        }
        long answered = count.get(ValueLayout.JAVA_LONG, 0);
        if (answered != shape.elementCount()) {
            throw new ProblemException(
                    Problem.ENGINE_FAILED, "LightGBM: " + answered + " numbers (expected: " + shape + ")");
        }
        return List.of(new Tensor.Fixed(Booster.OUTPUT, DataType.FP64, shape, answers));
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
