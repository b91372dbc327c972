package io.presage.engine.torchscript;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
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
import org.jspecify.annotations.Nullable;

/// One thread's way into a [TorchModule]. Direct inputs are read where they lie; the answer is copied out of
/// PyTorch's
/// memory, which is freed with the run.
///
/// Threads and the graph optimiser are settings of the calling thread in PyTorch, so each run sets them (0.5
/// us). The
/// optimiser is off: it specialises a graph anew for each thread and shape, 60 ms for the smallest one, and gains
/// nothing on CPUs afterwards.
final class TorchView implements LoadedModel {
    private final TorchModule module;
    private final NDManager memory;
    private boolean closed;

    TorchView(TorchModule module) {
        this.module = module;
        this.memory = module.engine().newBaseManager(ai.djl.Device.cpu());
    }

    @Override
    public Signature signature() {
        return module.signature();
    }

    @Override
    public List<Tensor> run(List<Tensor> inputs) {
        if (closed) {
            throw new IllegalStateException("run after close. This is a bug.");
        }
        JniUtils.setNumThreads(module.threads());
        JniUtils.setGraphExecutorOptimize(false);
        try (var ofRun = memory.newSubManager()) {
            var arguments = new NDList(inputs.size());
            for (var input : inputs) {
                arguments.add(array(ofRun, (Tensor.Fixed) input));
            }
            var answers = module.model().getBlock().forward(new ParameterStore(ofRun, false), arguments, false);
            try (answers) {
                return tensors(answers);
            }
        } catch (EngineException e) {
            throw TorchFailures.run(e);
        }
    }

    private static NDArray array(NDManager memory, Tensor.Fixed input) {
        var type = TorchTypes.of(input.dataType()).orElseThrow();
        var data = input.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        return memory.create(data, new ai.djl.ndarray.types.Shape(input.shape().dims()), type);
    }

    /// By name where the module answers with a dictionary, else by order.
    private List<Tensor> tensors(NDList answers) {
        var outputs = module.signature().outputs();
        var tensors = new ArrayList<Tensor>(outputs.size());
        for (int i = 0; i < outputs.size(); i++) {
            var output = outputs.get(i);
            var answer = named(answers, output.name());
            if (answer == null) {
                if (i >= answers.size()) {
                    throw mismatch(output, "only " + answers.size() + " tensors came out");
                }
                answer = answers.get(i);
            }
            tensors.add(tensor(output, answer));
        }
        return tensors;
    }

    private static @Nullable NDArray named(NDList answers, String name) {
        for (var answer : answers) {
            if (name.equals(answer.getName())) {
                return answer;
            }
        }
        return null;
    }

    private static Tensor tensor(TensorSpec output, NDArray answer) {
        var dims = answer.getShape().getShape();
        var isOfType = TorchTypes.of(output.datatype()).orElseThrow() == answer.getDataType();
        if (!isOfType
                || dims.length > Shape.RANK_MAX
                || !Shape.of(output.shape()).accepts(Shape.of(dims))) {
            throw mismatch(output, answer.getDataType() + " " + answer.getShape() + " came out");
        }
        ByteBuffer data = answer.toByteBuffer();
        return new Tensor.Fixed(output.name(), output.datatype(), Shape.of(dims), data.order(ByteOrder.LITTLE_ENDIAN));
    }

    private static ProblemException mismatch(TensorSpec output, String what) {
        return new ProblemException(
                Problem.ENGINE_FAILED,
                "output '" + output.name() + "': " + what + " (expected: " + output.datatype() + " " + output.shape()
                        + " as signature in model.yaml says)");
    }

    @Override
    public Optional<LoadedModel> share() {
        return Optional.of(module.view());
    }

    @Override
    public long memoryBytes() {
        return module.bytes();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            memory.close();
            module.release();
        }
    }
}
