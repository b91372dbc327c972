package io.presage.engine.tensorflow;

import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/// What a SavedModel takes and gives, and the graph's names for it: from its `serving_default` signature, or
/// from its
/// only one. Inputs and outputs are in the order of `model.yaml`, else of their names.
///
/// @param feeds `operation:index` of each input, in the signature's order
/// @param fetches of each output
record Endpoint(Signature signature, List<String> feeds, List<String> fetches) {
    private static final String DEFAULT = "serving_default";
    private static final String INTERNAL = "__saved_model";

    Endpoint {
        feeds = List.copyOf(feeds);
        fetches = List.copyOf(fetches);
    }

    /// @param given in `model.yaml`; must go with the file's own
    static Endpoint of(MetaGraphDef graph, @Nullable Signature given) throws LoadException {
        var definition = definition(graph.getSignatureDefMap());
        var inputs = sorted(definition.getInputsMap());
        var outputs = sorted(definition.getOutputsMap());
        var inputSpecs = specs("input", inputs, given == null ? null : given.inputs());
        var outputSpecs = specs("output", outputs, given == null ? null : given.outputs());
        var isBatchable = !inputSpecs.isEmpty()
                && Stream.concat(inputSpecs.stream(), outputSpecs.stream())
                        .allMatch(tensor ->
                                !tensor.shape().isEmpty() && tensor.shape().getFirst() == -1);
        return new Endpoint(
                new Signature(inputSpecs, outputSpecs, isBatchable),
                names(inputSpecs, inputs),
                names(outputSpecs, outputs));
    }

    private static SignatureDef definition(Map<String, SignatureDef> all) throws LoadException {
        var byName = all.get(DEFAULT);
        if (byName != null) {
            return byName;
        }
        var names = all.keySet().stream()
                .filter(name -> !name.startsWith(INTERNAL))
                .sorted()
                .toList();
        if (names.size() != 1) {
            throw unsupported("signatures " + names + " (expected: " + DEFAULT + ", or exactly one)");
        }
        return all.getOrDefault(names.getFirst(), SignatureDef.getDefaultInstance());
    }

    private static TreeMap<String, TensorInfo> sorted(Map<String, TensorInfo> tensors) {
        return new TreeMap<>(tensors);
    }

    private static List<TensorSpec> specs(
            String what, Map<String, TensorInfo> tensors, @Nullable List<TensorSpec> given) throws LoadException {
        var specs = new ArrayList<TensorSpec>();
        if (given == null) {
            for (var tensor : tensors.entrySet()) {
                if (tensor.getValue().getTensorShape().getUnknownRank()) {
                    throw new LoadException(new Failure(
                            "signature",
                            "missing-signature",
                            what + " " + tensor.getKey() + " is of unknown rank",
                            "Give the signature in model.yaml, all of it: signature: {inputs: [{name, datatype, shape}],"
                                    + " outputs: [...]}."));
                }
                specs.add(spec(what, tensor.getKey(), tensor.getValue()));
            }
            return specs;
        }
        for (var wanted : given) {
            var tensor = tensors.get(wanted.name());
            if (tensor == null) {
                throw mismatch(what + " " + wanted.name() + " (expected: one of " + tensors.keySet() + ")");
            }
            var own = spec(what, wanted.name(), tensor);
            var isOfShape = tensor.getTensorShape().getUnknownRank() || goTogether(own.shape(), wanted.shape());
            if (own.datatype() != wanted.datatype() || !isOfShape) {
                throw mismatch(what + " " + wanted.name() + ": " + wanted.datatype() + " " + wanted.shape()
                        + " (expected: " + own.datatype() + " " + own.shape() + ")");
            }
            specs.add(wanted);
        }
        if (what.equals("input") && given.size() < tensors.size()) {
            throw mismatch("inputs: " + given.stream().map(TensorSpec::name).toList() + " (expected: all of "
                    + tensors.keySet() + ")");
        }
        return specs;
    }

    private static boolean goTogether(List<Long> own, List<Long> wanted) {
        if (own.size() != wanted.size()) {
            return false;
        }
        for (int i = 0; i < own.size(); i++) {
            if (own.get(i) >= 0 && wanted.get(i) >= 0 && !own.get(i).equals(wanted.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static TensorSpec spec(String what, String name, TensorInfo tensor) throws LoadException {
        if (tensor.getEncodingCase() != TensorInfo.EncodingCase.NAME) {
            throw unsupported(what + " " + name + " is no dense tensor");
        }
        var type = TensorflowTypes.of(tensor.getDtype());
        if (type.isEmpty()) {
            throw unsupported(what + " " + name + ": " + tensor.getDtype()
                    + " (expected: bool, uint8, uint16, int32, int64, float16, bfloat16, float32, float64 or string)");
        }
        var dims = tensor.getTensorShape().getDimList().stream()
                .map(dim -> Math.max(-1, dim.getSize()))
                .toList();
        if (dims.size() > Shape.RANK_MAX) {
            throw unsupported(
                    what + " " + name + ": rank " + dims.size() + " (expected: at most " + Shape.RANK_MAX + ")");
        }
        return new TensorSpec(name, type.get(), dims);
    }

    private static List<String> names(List<TensorSpec> specs, Map<String, TensorInfo> tensors) {
        return specs.stream()
                .map(spec -> tensors.getOrDefault(spec.name(), TensorInfo.getDefaultInstance())
                        .getName())
                .toList();
    }

    private static LoadException unsupported(String evidence) {
        return new LoadException(new Failure(
                "signature",
                "unsupported-signature",
                evidence,
                "Save the model with one serving signature of dense tensors: tf.saved_model.save(model, folder,"
                        + " signatures=...)."));
    }

    private static LoadException mismatch(String evidence) {
        return new LoadException(new Failure(
                "signature",
                "signature-mismatch",
                "signature in model.yaml: " + evidence,
                "Correct model.yaml, or leave signature out: the file tells its own."));
    }
}
