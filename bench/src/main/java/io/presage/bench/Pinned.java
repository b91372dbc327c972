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
/// Variable dimensions are 1, but the second of an embedding model, which is the number of tokens. One thread.
final class Pinned implements AutoCloseable {
    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs = new HashMap<>();
    private final Map<String, OnnxTensor> outputs = new HashMap<>();
    private final Map<String, ByteBuffer> memory = new HashMap<>();

    /// `tokens`: what stands for a variable second dimension.
    Pinned(OrtSession session, int tokens) throws OrtException {
        this.session = session;
        for (var input : session.getInputInfo().values()) {
            inputs.put(input.getName(), tensor(input, tokens));
        }
        for (var output : session.getOutputInfo().values()) {
            outputs.put(output.getName(), tensor(output, tokens));
        }
    }

    /// A session with one thread of its own, the caller's.
    static OrtSession session(Path model) throws OrtException {
        var options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        return OrtEnvironment.getEnvironment().createSession(model.toString(), options);
    }

    private OnnxTensor tensor(NodeInfo node, int tokens) throws OrtException {
        var info = (TensorInfo) node.getInfo();
        var shape = info.getShape();
        for (int axis = 0; axis < shape.length; axis++) {
            if (shape[axis] < 0) {
                shape[axis] = axis == 1 ? tokens : 1;
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

    private ByteBuffer bytes(String name) {
        var data = memory.get(name);
        if (data == null) {
            throw new IllegalArgumentException("tensor " + name + " (expected: one of " + memory.keySet() + ")");
        }
        return data.duplicate().order(ByteOrder.nativeOrder());
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
