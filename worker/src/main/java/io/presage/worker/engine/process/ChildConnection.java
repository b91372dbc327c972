package io.presage.worker.engine.process;

import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.function.LongSupplier;

/// One view's way to a child. One thread, except [#close] and [#deadlineNanos]: any thread.
final class ChildConnection implements AutoCloseable {
    private static final int WORD_BYTES_MAX = 64 << 10;

    private final SocketChannel channel;
    private final LongSupplier nanos;
    private final Frame in;
    private final Frame out;
    private volatile long deadlineNanos;
    private volatile boolean isRunning;

    ChildConnection(SocketChannel channel, int frameBytesMax, LongSupplier nanos) {
        this.channel = channel;
        this.nanos = nanos;
        this.in = new Frame(frameBytesMax);
        this.out = new Frame(frameBytesMax);
    }

    /// Waits for the child to say the word that it was given.
    void expect(String word) throws IOException {
        if (in.receive(channel) != Frame.HELLO || !in.readText(WORD_BYTES_MAX).equals(word)) {
            throw new FrameException("another greeting than was agreed");
        }
    }

    /// Sends the order and waits for the answer, which [#frame] then holds.
    ///
    /// @return the type of the answer
    int order(LoadOrder order) throws IOException {
        out.begin(Frame.LOAD).putText(order.text()).send(channel);
        return in.receive(channel);
    }

    Frame frame() {
        return in;
    }

    /// Outputs lie in this connection's memory until the next run.
    ///
    /// @throws ProblemException what the engine says about the run
    /// @throws IOException when the child is gone, or sends what it must not
    List<Tensor> run(Signature signature, List<Tensor> inputs, long limitNanos) throws IOException {
        try {
            out.begin(Frame.RUN).putTensors(inputs);
        } catch (FrameException e) {
            // Too large: the child has not seen anything of it.
            throw new ProblemException(Problem.BODY_TOO_LARGE, "inputs: " + e.getMessage(), e);
        }
        deadlineNanos = nanos.getAsLong() + limitNanos;
        isRunning = true;
        try {
            out.send(channel);
            return switch (in.receive(channel)) {
                case Frame.OUTPUTS -> in.readTensors(signature.outputs());
                case Frame.PROBLEM -> throw problem();
                default -> throw new FrameException("an answer of an unknown type");
            };
        } finally {
            isRunning = false;
        }
    }

    private ProblemException problem() throws IOException {
        var name = in.readText(WORD_BYTES_MAX);
        var detail = in.readText(WORD_BYTES_MAX);
        for (var problem : List.of(Problem.INVALID_INPUT, Problem.INVALID_TENSOR)) {
            if (problem.name().equals(name)) {
                return new ProblemException(problem, detail);
            }
        }
        return new ProblemException(Problem.ENGINE_FAILED, detail);
    }

    /// True when a run has taken longer than it may.
    boolean isLate(long nowNanos) {
        return isRunning && nowNanos - deadlineNanos > 0;
    }

    /// A thread that waits for the child gets an exception.
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
