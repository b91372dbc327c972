package io.presage.worker.engine.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// One session and what is known of it, shared by the [OnnxRunner]s over it. ONNX Runtime's sessions may be run
/// by many threads at once; the runners keep the buffers apart. The session is closed exactly once, by the last
/// runner.
final class OnnxModel {
    private final OrtEnvironment environment;
    private final OrtSession session;
    private final RunWatch watch;
    private final Signature signature;
    private final List<List<DimSource>> outputDims;
    private final long bytes;
    private final AtomicInteger runners = new AtomicInteger();
    private final AtomicBoolean outputsPinned = new AtomicBoolean(true);

    /// Where an output's dimension comes from: a number, or axis `axis` of input `input`.
    private record DimSource(long fixed, int input, int axis) {
        long size(List<Tensor> inputs) {
            return input < 0 ? fixed : inputs.get(input).shape().dim(axis);
        }
    }

    private OnnxModel(
            OrtEnvironment environment,
            OrtSession session,
            RunWatch watch,
            Signature signature,
            List<List<DimSource>> outputDims,
            long bytes) {
        this.environment = environment;
        this.session = session;
        this.watch = watch;
        this.signature = signature;
        this.outputDims = outputDims;
        this.bytes = bytes;
    }

    /// Takes the session over: it is closed with the last runner, or at once when its tensors are of no use.
    static LoadedModel of(OrtEnvironment environment, OrtSession session, RunWatch watch, long bytes)
            throws LoadException {
        try {
            var inputs = infos(session.getInputInfo(), "input");
            var outputs = infos(session.getOutputInfo(), "output");
            var batchable = !inputs.isEmpty();
            for (var all : List.of(inputs, outputs)) {
                for (var one : all) {
                    batchable &=
                            one.spec().shape().size() > 0 && one.spec().shape().getFirst() == -1;
                }
            }
            var signature = new Signature(
                    inputs.stream().map(Named::spec).toList(),
                    outputs.stream().map(Named::spec).toList(),
                    batchable);
            for (var input : inputs) {
                if (OnnxTypes.javaType(input.spec().datatype()).isEmpty()) {
                    throw unsupported("input " + input.spec().name() + ": "
                            + input.spec().datatype() + " (expected: BOOL, UINT8, INT*, FP*, BF16 or BYTES; cast it to"
                            + " the unsigned type inside the model)");
                }
            }
            var model = new OnnxModel(
                    environment, session, watch, signature, dimSources(inputs, outputs, batchable), bytes);
            return model.runner();
        } catch (OrtException e) {
            close(session);
            throw OnnxFailures.load(e);
        } catch (LoadException e) {
            close(session);
            throw e;
        }
    }

    OnnxRunner runner() {
        try {
            var runner = new OnnxRunner(this, watch.add());
            runners.incrementAndGet();
            return runner;
        } catch (OrtException e) {
            throw new IllegalStateException("no options for a run: " + e.getMessage(), e);
        }
    }

    void release() {
        int left = runners.decrementAndGet();
        if (left == 0) {
            close(session);
        } else if (left < 0) {
            throw new IllegalStateException("session released more often than it was taken. This is a bug.");
        }
    }

    OrtEnvironment environment() {
        return environment;
    }

    OrtSession session() {
        return session;
    }

    Signature signature() {
        return signature;
    }

    long bytes() {
        return bytes;
    }

    /// False once a run showed that the shapes of the outputs are not what the signature promises.
    boolean outputsPinned() {
        return outputsPinned.get();
    }

    void unpinOutputs() {
        outputsPinned.set(false);
    }

    /// The shapes of the outputs for these inputs; null when they are known only after the run.
    @Nullable
    List<Shape> outputShapes(List<Tensor> inputs) {
        if (outputDims.isEmpty()) {
            return null;
        }
        var shapes = new ArrayList<Shape>(outputDims.size());
        for (var sources : outputDims) {
            var dims = new long[sources.size()];
            for (int i = 0; i < dims.length; i++) {
                dims[i] = sources.get(i).size(inputs);
            }
            shapes.add(Shape.of(dims));
        }
        return shapes;
    }

    private record Named(TensorSpec spec, List<String> dimNames) {}

    private static List<Named> infos(Map<String, NodeInfo> nodes, String what) throws LoadException {
        var infos = new ArrayList<Named>();
        for (var node : nodes.values()) {
            if (!(node.getInfo() instanceof TensorInfo tensor)) {
                throw unsupported(what + " " + node.getName() + " is no tensor: "
                        + node.getInfo().getClass().getSimpleName()
                        + " (expected: tensors only; for scikit-learn export with zipmap=False)");
            }
            var dataType = OnnxTypes.dataType(tensor.onnxType)
                    .orElseThrow(() ->
                            unsupported(what + " " + node.getName() + ": " + tensor.onnxType + " has no OIP datatype"));
            if (tensor.getShape().length > Shape.RANK_MAX) {
                throw unsupported(what + " " + node.getName() + ": rank " + tensor.getShape().length
                        + " (expected: at most " + Shape.RANK_MAX + ")");
            }
            infos.add(new Named(new TensorSpec(node.getName(), dataType, Shape.of(tensor.getShape())), names(tensor)));
        }
        return infos;
    }

    /// Empty text for a dimension without a name.
    private static List<String> names(TensorInfo tensor) {
        return Arrays.stream(tensor.getDimensionNames())
                .map(name -> name == null ? "" : name)
                .toList();
    }

    private static LoadException unsupported(String evidence) {
        return new LoadException(new Failure(
                "signature",
                "unsupported-signature",
                evidence,
                "Export the model with inputs and outputs that the Open Inference Protocol can carry."));
    }

    /// Empty when some dimension of some output cannot be told from the inputs, or an output holds strings.
    private static List<List<DimSource>> dimSources(List<Named> inputs, List<Named> outputs, boolean batchable) {
        var all = new ArrayList<List<DimSource>>();
        for (var output : outputs) {
            var sources = new ArrayList<DimSource>();
            for (int axis = 0; axis < output.spec().shape().size(); axis++) {
                var source = dimSource(output, axis, inputs, batchable);
                if (source == null || output.spec().datatype() == DataType.BYTES) {
                    return List.of();
                }
                sources.add(source);
            }
            all.add(List.copyOf(sources));
        }
        return List.copyOf(all);
    }

    private static @Nullable DimSource dimSource(Named output, int axis, List<Named> inputs, boolean batchable) {
        long size = output.spec().shape().get(axis);
        if (size >= 0) {
            return new DimSource(size, -1, -1);
        }
        var name = output.dimNames().get(axis);
        if (!name.isEmpty()) {
            for (int i = 0; i < inputs.size(); i++) {
                var names = inputs.get(i).dimNames();
                for (int j = 0; j < names.size(); j++) {
                    if (name.equals(names.get(j))) {
                        return new DimSource(-1, i, j);
                    }
                }
            }
        }
        return axis == 0 && batchable ? new DimSource(-1, 0, 0) : null;
    }

    private static void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("session could not be closed. This is a bug.", e);
        }
    }
}
