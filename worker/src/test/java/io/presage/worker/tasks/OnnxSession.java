package io.presage.worker.tasks;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.engine.LoadedModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// ONNX Runtime in its plainest form, for tests of tasks on real models.
final class OnnxSession implements LoadedModel {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final Signature signature;

    OnnxSession(Path file) {
        this(bytes(file));
    }

    OnnxSession(byte[] model) {
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            session = environment.createSession(model, options);
            List<TensorSpec> inputs = specs(session.getInputInfo());
            boolean isBatchable = inputs.stream()
                    .allMatch(input -> !input.shape().isEmpty() && input.shape().getFirst() == -1);
            signature = new Signature(inputs, specs(session.getOutputInfo()), isBatchable);
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(Path file) {
        try {
            return java.nio.file.Files.readAllBytes(file);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<TensorSpec> specs(Map<String, NodeInfo> nodes) {
        return nodes.values().stream()
                .map(node -> {
                    TensorInfo info = (TensorInfo) node.getInfo();
                    return new TensorSpec(node.getName(), type(info.type), Shape.of(info.getShape()));
                })
                .toList();
    }

    private static DataType type(OnnxJavaType type) {
        return switch (type) {
            case FLOAT -> DataType.FP32;
            case INT64 -> DataType.INT64;
            default -> throw new IllegalArgumentException(type.toString());
        };
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public List<Tensor> run(List<Tensor> inputs) {
        Map<String, OnnxTensor> named = new LinkedHashMap<>();
        try {
            for (int i = 0; i < inputs.size(); i++) {
                Tensor.Fixed input = (Tensor.Fixed) inputs.get(i);
                ByteBuffer data = input.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
                long[] shape = input.shape().dims();
                named.put(
                        signature.inputs().get(i).name(),
                        input.dataType() == DataType.FP32
                                ? OnnxTensor.createTensor(environment, data.asFloatBuffer(), shape)
                                : OnnxTensor.createTensor(environment, data.asLongBuffer(), shape));
            }
            try (OrtSession.Result result = session.run(named)) {
                List<Tensor> outputs = new ArrayList<>();
                for (Map.Entry<String, OnnxValue> output : result) {
                    OnnxTensor tensor = (OnnxTensor) output.getValue();
                    outputs.add(new Tensor.Fixed(
                            output.getKey(),
                            type(tensor.getInfo().type),
                            Shape.of(tensor.getInfo().getShape()),
                            tensor.getByteBuffer().order(ByteOrder.LITTLE_ENDIAN)));
                }
                return outputs;
            }
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        } finally {
            named.values().forEach(OnnxTensor::close);
        }
    }

    @Override
    public long memoryBytes() {
        return 0;
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
