package io.presage.bench;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtUtil;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// One caller's fixed tensors around a shared session: the least that a call of ONNX Runtime from Java costs.
/// A variable first dimension is the number of rows, a variable second one the number of tokens; others are 1.
/// One thread.
final class Pinned implements AutoCloseable {
    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs = new HashMap<>();
    private final Map<String, OnnxTensor> outputs = new HashMap<>();
    private final Map<String, ByteBuffer> memory = new HashMap<>();

    Pinned(OrtSession session, int rows, int tokens) throws OrtException {
        this.session = session;
        for (var input : session.getInputInfo().values()) {
            inputs.put(input.getName(), tensor(input, rows, tokens));
        }
        for (var output : session.getOutputInfo().values()) {
            outputs.put(output.getName(), tensor(output, rows, tokens));
        }
    }

    /// @param threads of one run, the caller's own being the first
    static OrtSession session(Path model, int threads) throws OrtException {
        var options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        return OrtEnvironment.getEnvironment().createSession(model.toString(), options);
    }

    private OnnxTensor tensor(NodeInfo node, int rows, int tokens) throws OrtException {
        var info = (TensorInfo) node.getInfo();
        var shape = info.getShape();
        for (int axis = 0; axis < shape.length; axis++) {
            if (shape[axis] < 0) {
                shape[axis] = axis == 0 ? rows : axis == 1 ? tokens : 1;
            }
        }
        int count = Math.toIntExact(OrtUtil.elementCount(shape));
        var data = ByteBuffer.allocateDirect(count * info.type.size).order(ByteOrder.nativeOrder());
        memory.put(node.getName(), data);
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), data, shape, info.type);
    }

    FloatBuffer floats(String name) {
        return bytes(name).asFloatBuffer();
    }

    LongBuffer longs(String name) {
        return bytes(name).asLongBuffer();
    }

    ByteBuffer bytes(String name) {
        var data = memory.get(name);
        if (data == null) {
            throw new IllegalArgumentException("tensor " + name + " (expected: one of " + memory.keySet() + ")");
        }
        return data.duplicate().order(ByteOrder.nativeOrder());
    }

    Set<String> outputNames() {
        return outputs.keySet();
    }

    void run() throws OrtException {
        session.run(inputs, Set.of(), outputs).close();
    }

    @Override
    public void close() {
        inputs.values().forEach(OnnxTensor::close);
        outputs.values().forEach(OnnxTensor::close);
    }
}
