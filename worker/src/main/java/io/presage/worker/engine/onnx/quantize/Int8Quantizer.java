package io.presage.worker.engine.onnx.quantize;

import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Rewrites an ONNX model so that its large constant FP32 matrices are int8, with one scale a column:
///
/// - `MatMul` and plain `Gemm` become what ONNX Runtime's own `quantize_dynamic` writes and its optimiser fuses:
///   `DynamicQuantizeLinear` of the activation (once for all its readers), `MatMulInteger`, `Cast`, and `Mul` by
///   the product of both scales.
/// - `Gather` of a table (embeddings) gathers integers and one scale a row, and multiplies them.
///
/// All the rest is copied byte for byte; external data moves into the file. A matrix that somebody else reads as
/// well stays beside its int8 form. Only the outer graph is rewritten. Stateless; memory is bounded by the scales
/// and one line of each matrix.
public final class Int8Quantizer {
    /// Below, the work of quantising activations outweighs what is saved.
    static final long ELEMENTS_MIN = 4096;
    /// DynamicQuantizeLinear came with it.
    static final long OPSET_MIN = 11;
    /// What a protobuf file may hold.
    static final long FILE_BYTES_MAX = Integer.MAX_VALUE;

    private static final int INT8 = 3;

    /// @param weights matrices that became int8
    /// @param bytesBefore of the model with its external data
    /// @param bytesAfter of the new file, which holds everything
    /// @param externalFiles that the old model needed and the new one does not
    public record Quantised(int weights, long bytesBefore, long bytesAfter, Set<Path> externalFiles) {
        public Quantised {
            externalFiles = Set.copyOf(externalFiles);
        }
    }

    /// Writes the int8 form of `model` to the new file `target`.
    ///
    /// @throws LoadException phase `quantise`: `nothing-to-quantise`, `unsupported-opset`, `corrupt-model`,
    ///     `missing-file`, `model-too-large`
    public static Quantised quantise(Path model, Path target) throws LoadException, IOException {
        try (var arena = Arena.ofConfined()) {
            return new Int8Quantizer(ModelFile.read(model, arena)).write(model, target);
        }
    }

    /// Which int8 form of which constant.
    private record Use(String constant, boolean transposed, boolean perRow) {}

    private final ModelFile model;
    private final Set<String> names = new HashSet<>();
    private final Map<Use, Int8Matrix> matrices = new LinkedHashMap<>();
    private final Map<Use, String> matrixNames = new HashMap<>();
    private final Map<String, String> quantisedActivations = new HashMap<>();

    private Int8Quantizer(ModelFile model) {
        this.model = model;
        names.addAll(model.constants.keySet());
        names.addAll(model.open);
        for (var node : model.nodes) {
            names.addAll(node.inputs());
            names.addAll(node.outputs());
            names.addAll(node.inner());
            names.add(node.name());
        }
    }

    private Quantised write(Path source, Path target) throws LoadException, IOException {
        if (model.opset() < OPSET_MIN) {
            throw failure(
                    "unsupported-opset",
                    "opset " + model.opset() + " (expected: at least " + OPSET_MIN + ")",
                    "Export the model again at opset " + OPSET_MIN + " or newer.");
        }
        var graph = new Message();
        var stillRead = new HashSet<>(model.open);
        for (var node : model.nodes) {
            stillRead.addAll(node.inner());
            var use = use(node);
            if (use.isPresent()) {
                rewrite(graph, node, use.get());
                for (var input : node.inputs()) {
                    if (!input.equals(use.get().constant())) {
                        stillRead.add(input);
                    }
                }
            } else {
                graph.copy(node.field());
                stillRead.addAll(node.inputs());
            }
        }
        if (matrices.isEmpty()) {
            throw failure(
                    "nothing-to-quantise",
                    "no MatMul, Gemm or Gather of the graph reads a constant FP32 matrix of at least " + ELEMENTS_MIN
                            + " numbers; its operators are " + operators(),
                    "Serve the original: int8 would not make it smaller.");
        }
        for (var constant : model.constants.values()) {
            boolean isReplaced =
                    matrices.keySet().stream().anyMatch(use -> use.constant().equals(constant.name()));
            if (!isReplaced || stillRead.contains(constant.name())) {
                constant(graph, constant);
            }
        }
        matrices.forEach((use, matrix) -> matrix(graph, name(use), matrix));
        model.graphFields.forEach(graph::copy);
        var whole = new Message();
        for (var field : model.modelFields) {
            if (field == null) {
                whole.message(7, graph);
            } else {
                whole.copy(field);
            }
        }
        if (whole.bytes() > FILE_BYTES_MAX) {
            throw failure(
                    "model-too-large",
                    whole.bytes() + " bytes as int8 (expected: at most " + FILE_BYTES_MAX
                            + ", what an ONNX file holds)",
                    "Serve the original, or quantise it where it was made and upload the result.");
        }
        try (var out = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            whole.writeTo(out);
        }
        long before = java.nio.file.Files.size(source);
        for (var file : model.externalFiles()) {
            before += java.nio.file.Files.size(file);
        }
        return new Quantised(matrices.size(), before, whole.bytes(), model.externalFiles());
    }

    /// The matrix that `node` would read as int8, if it is worth it. Notes the matrix.
    private Optional<Use> use(Node node) {
        Use use;
        if (node.is("MatMul") && node.inputs().size() == 2) {
            use = new Use(node.inputs().get(1), false, false);
        } else if (node.is("Gemm") && isPlain(node)) {
            use = new Use(node.inputs().get(1), node.number("transB", 0) != 0, false);
        } else if (node.is("Gather")
                && node.number("axis", 0) == 0
                && node.inputs().size() == 2) {
            use = new Use(node.inputs().get(0), false, true);
        } else {
            return Optional.empty();
        }
        if (matrices.containsKey(use)) {
            return Optional.of(use);
        }
        var constant = model.constants.get(use.constant());
        // What the graph names as its input can be given by the caller.
        if (constant == null
                || model.open.contains(use.constant())
                || !constant.isMatrix()
                || (long) constant.rows() * constant.columns() < ELEMENTS_MIN) {
            return Optional.empty();
        }
        var matrix = Int8Matrix.of(constant, use.transposed(), use.perRow());
        matrix.ifPresent(it -> matrices.put(use, it));
        return matrix.map(_ -> use);
    }

    private static boolean isPlain(Node gemm) {
        boolean hasBias = gemm.inputs().size() == 3 && !gemm.inputs().get(2).isEmpty();
        return gemm.inputs().size() >= 2
                && gemm.number("transA", 0) == 0
                && gemm.number("alpha", 1) == 1
                && (!hasBias || gemm.number("beta", 1) == 1);
    }

    private void rewrite(Message graph, Node node, Use use) {
        var weight = name(use);
        var result = node.outputs().getFirst();
        if (node.is("Gather")) {
            var indices = node.inputs().get(1);
            var integers = fresh(result + "_int8");
            var scale = fresh(result + "_scale");
            var cast = fresh(result + "_cast");
            node(graph, "Gather", List.of(weight, indices), List.of(integers));
            node(graph, "Gather", List.of(weight + "_scale", indices), List.of(scale));
            cast(graph, integers, cast);
            node(graph, "Mul", List.of(cast, scale), List.of(result));
            return;
        }
        var activation = quantisedActivation(graph, node.inputs().getFirst());
        var integers = fresh(result + "_int32");
        var cast = fresh(result + "_cast");
        var scale = fresh(result + "_scale");
        boolean hasBias = node.is("Gemm")
                && node.inputs().size() == 3
                && !node.inputs().get(2).isEmpty();
        var product = hasBias ? fresh(result + "_product") : result;
        node(graph, "MatMulInteger", List.of(activation, weight, activation + "_zero"), List.of(integers));
        cast(graph, integers, cast);
        node(graph, "Mul", List.of(activation + "_scale", weight + "_scale"), List.of(scale));
        node(graph, "Mul", List.of(cast, scale), List.of(product));
        if (hasBias) {
            node(graph, "Add", List.of(product, node.inputs().get(2)), List.of(result));
        }
    }

    /// Quantises an activation where it is read first; names it, and with `_scale` and `_zero` behind, its
    /// scale and zero point.
    private String quantisedActivation(Message graph, String activation) {
        return quantisedActivations.computeIfAbsent(activation, _ -> {
            var name = freshFamily(activation + "_uint8");
            node(graph, "DynamicQuantizeLinear", List.of(activation), List.of(name, name + "_scale", name + "_zero"));
            return name;
        });
    }

    private String name(Use use) {
        return matrixNames.computeIfAbsent(use, _ -> freshFamily(use.constant() + "_int8"));
    }

    private String fresh(String wanted) {
        var name = wanted;
        for (int i = 1; !names.add(name); i++) {
            name = wanted + "_" + i;
        }
        return name;
    }

    /// A name that is free with `_scale` and `_zero` behind it too.
    private String freshFamily(String wanted) {
        var name = wanted;
        for (int i = 1;
                names.contains(name) || names.contains(name + "_scale") || names.contains(name + "_zero");
                i++) {
            name = wanted + "_" + i;
        }
        names.addAll(List.of(name, name + "_scale", name + "_zero"));
        return name;
    }

    private void node(Message graph, String operator, List<String> inputs, List<String> outputs) {
        graph.message(1, message(operator, inputs, outputs));
    }

    private void cast(Message graph, String input, String output) {
        // Attribute `to` of type INT.
        var to = new Message().text(1, "to").number(3, Constant.FLOAT).number(20, 2);
        graph.message(1, message("Cast", List.of(input), List.of(output)).message(5, to));
    }

    private Message message(String operator, List<String> inputs, List<String> outputs) {
        var message = new Message();
        inputs.forEach(input -> message.text(1, input));
        outputs.forEach(output -> message.text(2, output));
        return message.text(3, fresh(outputs.getFirst() + "_" + operator)).text(4, operator);
    }

    private static void constant(Message graph, Constant constant) {
        var values = constant.values();
        if (!constant.isExternal() || values == null) {
            graph.copy(constant.field());
            return;
        }
        var tensor = tensor(constant.dims(), constant.dataType(), constant.name());
        graph.message(5, tensor.block(9, values.byteSize(), out -> Message.copy(values, out)));
    }

    private static void matrix(Message graph, String name, Int8Matrix matrix) {
        long rows = matrix.resultRows();
        long columns = matrix.resultColumns();
        graph.message(5, tensor(List.of(rows, columns), INT8, name).block(9, matrix.bytes(), matrix::writeIntegers));
        var dims = matrix.perRow() ? List.of(rows, 1L) : List.of(columns);
        graph.message(5, tensor(dims, Constant.FLOAT, name + "_scale").block(9, matrix.scaleBytes()));
    }

    private static Message tensor(List<Long> dims, int dataType, String name) {
        var tensor = new Message();
        dims.forEach(dim -> tensor.number(1, dim));
        return tensor.number(2, dataType).text(8, name);
    }

    private List<String> operators() {
        return new ArrayList<>(model.nodes.stream()
                .map(Node::operator)
                .distinct()
                .sorted()
                .limit(20)
                .toList());
    }

    private static LoadException failure(String cause, String evidence, String fix) {
        return new LoadException(new Failure("quantise", cause, evidence, fix));
    }
}
