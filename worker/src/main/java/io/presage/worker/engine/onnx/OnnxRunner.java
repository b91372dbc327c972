package io.presage.worker.engine.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadedModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One thread's way into an [OnnxModel]. Small inputs are copied into native memory that is reused, over which
/// tensors are kept per shape (making one costs 1.7 us, the copy of a small row nothing that can be measured);
/// large direct ones are handed over where they lie, large ones on the heap copied once into memory that is
/// reused. Outputs whose shapes follow from the inputs' are written by the runtime straight into reused memory;
/// others are copied out once.
final class OnnxRunner implements LoadedModel {
    /// Above this size of all inputs together, making tensors costs less than copying.
    private static final int STAGED_BYTES_MAX = 64 << 10;
    /// Outputs above this are not kept.
    private static final int PINNED_BYTES_MAX = 4 << 20;
    /// Heap inputs above this are given new memory each time.
    private static final int KEPT_BYTES_MAX = 4 << 20;
    private static final int BINDINGS_MAX = 16;

    private final OnnxModel model;
    private final RunWatch.Run watched;
    private final ByteBuffer[] stagedInputs;
    private final ByteBuffer[] pinnedOutputs;
    private final @Nullable ByteBuffer[] largeInputs;
    /// Most recently used last.
    private final List<Binding> bindings = new ArrayList<>();
    private boolean closed;

    OnnxRunner(OnnxModel model, RunWatch.Run watched) {
        this.model = model;
        this.watched = watched;
        this.stagedInputs = new ByteBuffer[model.signature().inputs().size()];
        this.largeInputs = new ByteBuffer[model.signature().inputs().size()];
        this.pinnedOutputs = new ByteBuffer[model.signature().outputs().size()];
    }

    @Override
    public Signature signature() {
        return model.signature();
    }

    @Override
    public Optional<LoadedModel> share() {
        checkOpen();
        return Optional.of(model.runner());
    }

    @Override
    public long memoryBytes() {
        return model.bytes();
    }

    @Override
    public List<Tensor> run(List<Tensor> inputs) {
        checkOpen();
        watched.begin();
        try {
            var staged = stagedBinding(inputs);
            if (staged != null) {
                staged.fill(inputs);
                return run(staged);
            }
            try (var once = bind(inputs, false)) {
                return run(once);
            }
        } catch (OrtException e) {
            throw failed(e);
        } finally {
            watched.end();
        }
    }

    private List<Tensor> run(Binding binding) throws OrtException {
        if (binding.outputValues != null && model.outputsPinned()) {
            try (var _ = session().run(binding.inputValues, Set.of(), binding.outputValues, watched.options())) {
                return binding.freshOutputs();
            } catch (OrtException pinnedFailure) {
                // Either the input's fault, then the run below fails as well, or the output has another shape
                // than the signature says, then pinning is over for this model.
                var outputs = runUnpinned(binding);
                model.unpinOutputs();
                return outputs;
            }
        }
        return runUnpinned(binding);
    }

    private List<Tensor> runUnpinned(Binding binding) throws OrtException {
        try (var result = session().run(binding.inputValues, watched.options())) {
            var specs = model.signature().outputs();
            var outputs = new ArrayList<Tensor>(specs.size());
            for (int i = 0; i < specs.size(); i++) {
                outputs.add(copyOut(specs.get(i).name(), specs.get(i).datatype(), result.get(i)));
            }
            return outputs;
        }
    }

    private static Tensor copyOut(String name, DataType dataType, OnnxValue value) throws OrtException {
        var tensor = (OnnxTensor) value;
        var shape = Shape.of(tensor.getInfo().getShape());
        if (dataType == DataType.BYTES) {
            var elements = new ArrayList<byte[]>();
            flatten(tensor.getValue(), elements);
            return new Tensor.Bytes(name, shape, elements);
        }
        return new Tensor.Fixed(name, dataType, shape, tensor.getByteBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }

    private static void flatten(Object value, List<byte[]> into) {
        if (value instanceof Object[] array) {
            for (var element : array) {
                flatten(element, into);
            }
        } else {
            into.add(((String) value).getBytes(StandardCharsets.UTF_8));
        }
    }

    /// The kept binding for inputs of these shapes, made if need be; null when they are too large or hold
    /// strings.
    private @Nullable Binding stagedBinding(List<Tensor> inputs) throws OrtException {
        for (int i = bindings.size() - 1; i >= 0; i--) {
            var binding = bindings.get(i);
            if (binding.fits(inputs)) {
                if (i < bindings.size() - 1) {
                    bindings.add(bindings.remove(i));
                }
                return binding;
            }
        }
        int bytes = 0;
        for (var input : inputs) {
            if (!(input instanceof Tensor.Fixed fixed)) {
                return null;
            }
            bytes += Math.min(fixed.data().remaining(), STAGED_BYTES_MAX + 1);
            if (bytes > STAGED_BYTES_MAX) {
                return null;
            }
        }
        growStaged(inputs);
        if (bindings.size() == BINDINGS_MAX) {
            bindings.removeFirst().close();
        }
        var binding = bind(inputs, true);
        bindings.add(binding);
        return binding;
    }

    private void growStaged(List<Tensor> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            int bytes = ((Tensor.Fixed) inputs.get(i)).data().remaining();
            if (stagedInputs[i] == null || stagedInputs[i].capacity() < bytes) {
                // Bindings hold tensors over the old memory.
                closeBindings();
                stagedInputs[i] = direct(Math.max(64, Integer.highestOneBit(Math.max(1, bytes - 1)) << 1));
            }
        }
    }

    private Binding bind(List<Tensor> inputs, boolean staged) throws OrtException {
        var shapes = inputs.stream().map(Tensor::shape).toList();
        var binding = new Binding(shapes, inputs.size());
        try {
            for (int i = 0; i < inputs.size(); i++) {
                var spec = model.signature().inputs().get(i);
                binding.inputValues.put(
                        spec.name(),
                        switch (inputs.get(i)) {
                            case Tensor.Bytes strings ->
                                OnnxTensor.createTensor(
                                        model.environment(),
                                        strings(strings),
                                        strings.shape().dims());
                            case Tensor.Fixed fixed -> {
                                int bytes = fixed.data().remaining();
                                ByteBuffer memory;
                                if (staged) {
                                    memory = stagedInputs[i].slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
                                    binding.inputMemory[i] = memory;
                                } else if (fixed.data().isDirect() && bytes > 0) {
                                    memory = fixed.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
                                } else {
                                    memory = largeInput(i, bytes);
                                    memory.put(0, fixed.data(), fixed.data().position(), bytes);
                                }
                                yield OnnxTensor.createTensor(
                                        model.environment(),
                                        memory,
                                        fixed.shape().dims(),
                                        OnnxTypes.javaType(spec.datatype()).orElseThrow());
                            }
                        });
            }
            if (staged) {
                bindOutputs(binding, inputs);
            }
            return binding;
        } catch (OrtException | RuntimeException e) {
            binding.close();
            throw e;
        }
    }

    /// New direct memory is cleared before it is used and freed by the collector: that costs more than the copy.
    private ByteBuffer largeInput(int input, int bytes) {
        var kept = largeInputs[input];
        if (kept == null || kept.capacity() < bytes) {
            kept = direct(Math.max(bytes, 1));
            largeInputs[input] = bytes <= KEPT_BYTES_MAX ? kept : null;
        }
        return kept.slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void bindOutputs(Binding binding, List<Tensor> inputs) throws OrtException {
        var shapes = model.outputsPinned() ? model.outputShapes(inputs) : null;
        if (shapes == null) {
            return;
        }
        var specs = model.signature().outputs();
        long total = 0;
        for (int i = 0; i < shapes.size(); i++) {
            long bytes = shapes.get(i).elementCount() * specs.get(i).datatype().byteSize();
            total += bytes;
            // Unsigned types have no Java tensor to pin; an empty output has no memory.
            if (bytes == 0
                    || total > PINNED_BYTES_MAX
                    || OnnxTypes.javaType(specs.get(i).datatype()).isEmpty()) {
                return;
            }
        }
        var values = new LinkedHashMap<String, OnnxValue>();
        binding.outputValues = values;
        for (int i = 0; i < shapes.size(); i++) {
            var dataType = specs.get(i).datatype();
            int bytes = (int) (shapes.get(i).elementCount() * dataType.byteSize());
            if (pinnedOutputs[i] == null || pinnedOutputs[i].capacity() < bytes) {
                // Older bindings keep their smaller memory alive; they stay right.
                pinnedOutputs[i] = direct(Math.max(64, Integer.highestOneBit(Math.max(1, bytes - 1)) << 1));
            }
            var memory = pinnedOutputs[i].slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
            values.put(
                    specs.get(i).name(),
                    OnnxTensor.createTensor(
                            model.environment(),
                            memory,
                            shapes.get(i).dims(),
                            OnnxTypes.javaType(dataType).orElseThrow()));
            binding.outputs.add(new Tensor.Fixed(specs.get(i).name(), dataType, shapes.get(i), memory));
        }
    }

    private static String[] strings(Tensor.Bytes tensor) {
        var strings = new String[tensor.elements().size()];
        for (int i = 0; i < strings.length; i++) {
            try {
                strings[i] = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(tensor.elements().get(i)))
                        .toString();
            } catch (CharacterCodingException e) {
                throw new ProblemException(
                        Problem.INVALID_INPUT,
                        "input " + tensor.name() + ": element " + i + " is not UTF-8 (expected: text)",
                        e);
            }
        }
        return strings;
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// What an operator refuses as an argument (an index out of its table's range) is in the caller's input:
    /// the graph itself ran the warm-up.
    private static ProblemException failed(OrtException e) {
        var problem = e.getCode() == OrtException.OrtErrorCode.ORT_INVALID_ARGUMENT
                ? Problem.INVALID_INPUT
                : Problem.ENGINE_FAILED;
        return new ProblemException(problem, "ONNX Runtime: " + e.getMessage(), e);
    }

    private OrtSession session() {
        return model.session();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("run after close. This is a bug.");
        }
    }

    private void closeBindings() {
        bindings.forEach(Binding::close);
        bindings.clear();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            closeBindings();
            watched.close();
            model.release();
        }
    }

    /// Tensors for inputs of one set of shapes.
    private static final class Binding implements AutoCloseable {
        private final List<Shape> shapes;
        private final Map<String, OnnxTensor> inputValues = new LinkedHashMap<>();
        private final ByteBuffer[] inputMemory;
        private @Nullable Map<String, OnnxValue> outputValues;
        private final List<Tensor> outputs = new ArrayList<>();

        Binding(List<Shape> shapes, int inputs) {
            this.shapes = shapes;
            this.inputMemory = new ByteBuffer[inputs];
        }

        boolean fits(List<Tensor> inputs) {
            for (int i = 0; i < shapes.size(); i++) {
                if (!shapes.get(i).equals(inputs.get(i).shape())) {
                    return false;
                }
            }
            return true;
        }

        void fill(List<Tensor> inputs) {
            for (int i = 0; i < inputMemory.length; i++) {
                var data = ((Tensor.Fixed) inputs.get(i)).data();
                inputMemory[i].put(0, data, data.position(), data.remaining());
            }
        }

        /// The same tensors each time; whoever read the last ones may have moved a position.
        List<Tensor> freshOutputs() {
            for (int i = 0; i < outputs.size(); i++) {
                ((Tensor.Fixed) outputs.get(i)).data().clear();
            }
            return outputs;
        }

        @Override
        public void close() {
            inputValues.values().forEach(OnnxTensor::close);
            if (outputValues != null) {
                outputValues.values().forEach(OnnxValue::close);
            }
        }
    }
}
