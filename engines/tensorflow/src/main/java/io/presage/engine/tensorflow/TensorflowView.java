package io.presage.engine.tensorflow;

import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadedModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Result;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.ndarray.impl.buffer.nio.NioDataBufferFactory;
import org.tensorflow.types.TString;

/// One thread's way into a [TensorflowGraph]. Tensors are copied into TensorFlow's memory and out of it.
final class TensorflowView implements LoadedModel {
    private final TensorflowGraph graph;
    private boolean closed;

    TensorflowView(TensorflowGraph graph) {
        this.graph = graph;
    }

    @Override
    public Signature signature() {
        return graph.endpoint().signature();
    }

    @Override
    public List<Tensor> run(List<Tensor> inputs) {
        if (closed) {
            throw new IllegalStateException("run after close. This is a bug.");
        }
        var endpoint = graph.endpoint();
        var runner = graph.bundle().session().runner();
        var fed = new ArrayList<org.tensorflow.Tensor>(inputs.size());
        try {
            for (int i = 0; i < inputs.size(); i++) {
                var tensor = theirs(inputs.get(i));
                fed.add(tensor);
                runner.feed(endpoint.feeds().get(i), tensor);
            }
            endpoint.fetches().forEach(runner::fetch);
            try (var result = runner.run()) {
                return ours(result);
            }
        } catch (ProblemException e) {
            throw e;
        } catch (RuntimeException e) {
            // Some of TensorFlow Java's exceptions have no type of their own in common.
            throw TensorflowFailures.run(e);
        } finally {
            fed.forEach(org.tensorflow.Tensor::close);
        }
    }

    private static org.tensorflow.Tensor theirs(Tensor input) {
        var shape = org.tensorflow.ndarray.Shape.of(input.shape().dims());
        return switch (input) {
            case Tensor.Fixed fixed ->
                org.tensorflow.Tensor.of(
                        TensorflowTypes.numbers(fixed.dataType()),
                        shape,
                        NioDataBufferFactory.create(fixed.data().duplicate()));
            case Tensor.Bytes strings -> {
                var elements =
                        DataBuffers.ofObjects(byte[].class, strings.elements().size());
                for (int i = 0; i < strings.elements().size(); i++) {
                    elements.setObject(strings.elements().get(i), i);
                }
                yield TString.tensorOfBytes(shape, elements);
            }
        };
    }

    private List<Tensor> ours(Result result) {
        var outputs = graph.endpoint().signature().outputs();
        var tensors = new ArrayList<Tensor>(outputs.size());
        for (int i = 0; i < outputs.size(); i++) {
            tensors.add(ours(outputs.get(i), result.get(i)));
        }
        return tensors;
    }

    private static Tensor ours(TensorSpec output, org.tensorflow.Tensor answer) {
        var dims = answer.shape().asArray();
        if (dims == null
                || dims.length > Shape.RANK_MAX
                || !Shape.of(output.shape()).accepts(Shape.of(dims))) {
            throw new ProblemException(
                    Problem.ENGINE_FAILED,
                    "output '" + output.name() + "': shape " + answer.shape() + " came out (expected: " + output.shape()
                            + " as the signature says)");
        }
        var shape = Shape.of(dims);
        if (answer instanceof TString strings) {
            var elements = DataBuffers.ofObjects(byte[].class, strings.size());
            strings.asBytes().copyTo(elements);
            var all = new ArrayList<byte[]>();
            for (long i = 0; i < elements.size(); i++) {
                all.add(elements.getObject(i));
            }
            return new Tensor.Bytes(output.name(), shape, all);
        }
        var raw = answer.asRawTensor().data();
        var data = ByteBuffer.allocate(Math.toIntExact(raw.size())).order(ByteOrder.LITTLE_ENDIAN);
        raw.copyTo(NioDataBufferFactory.create(data.duplicate()), raw.size());
        return new Tensor.Fixed(output.name(), output.datatype(), shape, data);
    }

    @Override
    public Optional<LoadedModel> share() {
        return Optional.of(graph.view());
    }

    @Override
    public long memoryBytes() {
        return graph.bytes();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            graph.release();
        }
    }
}
