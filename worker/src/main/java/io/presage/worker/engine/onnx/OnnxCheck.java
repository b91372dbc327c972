package io.presage.worker.engine.onnx;

import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.onnx.ProtoReader.MalformedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Looks through an ONNX file before any runtime opens it. One pass over its bytes, which are mapped; memory for
/// names and small constants only, bounded by the file. Refuses what ONNX Runtime would believe: shapes and
/// lengths that are lies, files outside of the package, functions that expand without end, constants that
/// unfold into more memory than a machine has. What is merely wrong (a missing input, an unknown operator) is
/// left to ONNX Runtime, which says it well. Field numbers are those of onnx.proto. One file, one thread.
final class OnnxCheck {
    static final int RANK_MAX = 16;
    static final int NODES_MAX = 200_000;
    static final int ATTRIBUTES_MAX = 256;
    /// Subgraphs in subgraphs; real models have two or three levels.
    static final int DEPTH_MAX = 32;
    /// What nodes may make of nothing but constants, together.
    static final long MADE_BYTES_MAX = 2L << 30;
    private static final int TYPE_DEPTH_MAX = 16;
    private static final int IR_VERSION_FIELD = 1;

    /// Whose operators ONNX Runtime has.
    private static final Set<String> DOMAINS = Set.of(
            "",
            "ai.onnx.ml",
            "ai.onnx.training",
            "ai.onnx.preview",
            "ai.onnx.preview.training",
            "com.microsoft",
            "com.microsoft.nchwc",
            "com.microsoft.experimental",
            "com.ms.internal.nhwc",
            "org.pytorch.aten");

    /// A model that was compiled for one device: it can name files outside of the package.
    private static final String COMPILED = "EPContext";

    /// Integers of attributes that are sizes.
    private static final Set<String> SIZES = Set.of(
            "shape",
            "pads",
            "kernel_shape",
            "strides",
            "dilations",
            "output_shape",
            "output_padding",
            "sample_size",
            "repeats",
            "n_mels",
            "block_size",
            "blocksize",
            "group");

    private static final long SIZE_MAX = Integer.MAX_VALUE;

    private final TensorCheck tensors = new TensorCheck();
    private final Map<Operator, Body> functions = new HashMap<>();
    private final Map<String, Long> opsets = new HashMap<>();
    private long nodes;

    /// How often a graph or function calls each operator; those that the model has no function for are of no
    /// interest later.
    private record Body(Map<Operator, Long> calls) {
        Body() {
            this(new HashMap<>());
        }
    }

    private record Operator(String domain, String name, String overload) {
        private static Operator of(String domain, String name, String overload) {
            return new Operator(domain.equals("ai.onnx") ? "" : domain, name, overload);
        }
    }

    private OnnxCheck() {}

    static void check(ModelPackage modelPackage) throws LoadException {
        var file = modelPackage.modelFile();
        var check = new OnnxCheck();
        try (var channel = FileChannel.open(file, StandardOpenOption.READ);
                var arena = Arena.ofConfined()) {
            check.model(new ProtoReader(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena)));
        } catch (MalformedException e) {
            throw new LoadException(OnnxFailures.corrupt(file.getFileName() + ": " + e.getMessage()), e);
        } catch (UnsafeException e) {
            throw new LoadException(unsafe(file.getFileName() + ": " + e.getMessage()), e);
        } catch (UnknownOperatorException e) {
            throw new LoadException(OnnxFailures.unsupportedOperator(String.valueOf(e.getMessage())), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (var external : check.tensors.external()) {
            external.check(modelPackage);
        }
    }

    private static Failure unsafe(String evidence) {
        return new Failure(
                "load",
                "unsafe-model",
                evidence,
                "Export the model again; if it is what you meant, make it smaller: docs/model-package.md has the bounds.");
    }

    private void model(ProtoReader model) throws MalformedException, UnsafeException, UnknownOperatorException {
        var main = new Body();
        boolean hasGraph = false;
        while (model.next()) {
            switch (model.field()) {
                case IR_VERSION_FIELD -> model.number();
                case 7 -> {
                    if (hasGraph) {
                        throw new MalformedException("two graphs");
                    }
                    hasGraph = true;
                    graph(model.message(), new Scope(null), main, 0);
                }
                case 8 -> opset(model.message());
                case 25 -> function(model.message());
                default -> model.skip();
            }
        }
        if (!hasGraph) {
            throw new MalformedException("no graph");
        }
        expanded(main, new HashMap<>(), 0);
        checkOperators(main);
        for (var function : functions.values()) {
            checkOperators(function);
        }
    }

    private void opset(ProtoReader opset) throws MalformedException {
        var domain = "";
        long version = 0;
        while (opset.next()) {
            switch (opset.field()) {
                case 1 -> domain = opset.string();
                case 2 -> version = opset.number();
                default -> opset.skip();
            }
        }
        opsets.put(domain, version);
    }

    /// ONNX Runtime says "-1" for the opset of an operator that it does not know.
    private void checkOperators(Body body) throws UnknownOperatorException {
        for (var operator : body.calls().keySet()) {
            boolean isKnown =
                    DOMAINS.contains(operator.domain()) && !operator.name().equals(COMPILED);
            if (!isKnown && !functions.containsKey(operator)) {
                var version = opsets.get(operator.domain());
                throw new UnknownOperatorException("operator " + operator.name() + " of domain " + operator.domain()
                        + ", opset " + (version == null ? "(not imported)" : version));
            }
        }
    }

    /// Nodes of the body when every call of a function is replaced by its nodes, as ONNX Runtime does at load.
    private long expanded(Body body, Map<Body, Long> known, int depth) throws UnsafeException {
        var before = known.get(body);
        if (before != null) {
            if (before < 0) {
                throw new UnsafeException("functions that call themselves");
            }
            return before;
        }
        if (depth > DEPTH_MAX) {
            throw new UnsafeException("functions that call functions, deeper than " + DEPTH_MAX);
        }
        known.put(body, -1L);
        long total = 0;
        for (var call : body.calls().entrySet()) {
            var function = functions.get(call.getKey());
            // At most NODES_MAX squared: no overflow.
            total += call.getValue() * (function == null ? 1 : Math.max(1, expanded(function, known, depth + 1)));
            if (total > NODES_MAX) {
                throw new UnsafeException("its functions expand to more than " + NODES_MAX + " nodes");
            }
        }
        known.put(body, total);
        return total;
    }

    private void function(ProtoReader function) throws MalformedException, UnsafeException {
        var body = new Body();
        var name = "";
        var domain = "";
        var overload = "";
        var scope = new Scope(null);
        while (function.next()) {
            switch (function.field()) {
                case 1 -> name = function.string();
                case 7 -> node(function.message(), scope, body, 0);
                case 10 -> domain = function.string();
                case 11 -> attribute(function.message(), scope, body, 0);
                case 12 -> valueInfo(function.message());
                case 13 -> overload = function.string();
                default -> function.skip();
            }
        }
        if (functions.put(Operator.of(domain, name, overload), body) != null) {
            throw new MalformedException("function " + name + " twice");
        }
    }

    private void graph(ProtoReader graph, Scope scope, Body body, int depth)
            throws MalformedException, UnsafeException {
        if (depth > DEPTH_MAX) {
            throw new UnsafeException("graphs nested deeper than " + DEPTH_MAX);
        }
        // Fields come in any order; nodes want to know the constants.
        var nodeMessages = new ArrayList<ProtoReader>();
        boolean hasOutput = false;
        while (graph.next()) {
            switch (graph.field()) {
                case 1 -> {
                    count();
                    nodeMessages.add(graph.message());
                }
                case 5 -> scope.put(tensors.tensor(graph.message()));
                case 15 -> tensors.sparse(graph.message());
                case 11 -> {
                    var input = graph.message();
                    if (!valueInfo(input) && depth == 0) {
                        throw new MalformedException(
                                "an input without a shape: how many dimensions it has must be told");
                    }
                }
                case 12 -> {
                    hasOutput = true;
                    valueInfo(graph.message());
                }
                case 13 -> valueInfo(graph.message());
                default -> graph.skip();
            }
        }
        if (!hasOutput) {
            throw new MalformedException("a graph without outputs");
        }
        for (var node : nodeMessages) {
            node(node, scope, body, depth);
        }
    }

    private void count() throws UnsafeException {
        if (++nodes > NODES_MAX) {
            throw new UnsafeException("more than " + NODES_MAX + " nodes");
        }
    }

    private void node(ProtoReader node, Scope scope, Body body, int depth) throws MalformedException, UnsafeException {
        var inputs = new ArrayList<String>();
        var outputs = new ArrayList<String>();
        var attributes = new ArrayList<Attribute>();
        var operator = "";
        var domain = "";
        var overload = "";
        while (node.next()) {
            switch (node.field()) {
                case 1 -> inputs.add(node.string());
                case 2 -> outputs.add(node.string());
                case 4 -> operator = node.string();
                case 5 -> {
                    if (attributes.size() == ATTRIBUTES_MAX) {
                        throw new UnsafeException("a node of more than " + ATTRIBUTES_MAX + " attributes");
                    }
                    attributes.add(attribute(node.message(), scope, body, depth));
                }
                case 7 -> domain = node.string();
                case 8 -> overload = node.string();
                default -> node.skip();
            }
        }
        body.calls().merge(Operator.of(domain, operator, overload), 1L, Long::sum);
        if (domain.isEmpty() || domain.equals("ai.onnx")) {
            scope.run(operator, inputs, outputs, attributes);
        }
    }

    /// What is of interest of an attribute.
    ///
    /// @param numbers of `i`, `ints`, or of the tensor `t` when it is a small one
    record Attribute(String name, List<Long> numbers, TensorCheck.@Nullable Tensor tensor) {}

    private Attribute attribute(ProtoReader attribute, Scope scope, Body body, int depth)
            throws MalformedException, UnsafeException {
        var name = "";
        var numbers = new ArrayList<Long>();
        TensorCheck.Tensor tensor = null;
        while (attribute.next()) {
            switch (attribute.field()) {
                case 1 -> name = attribute.string();
                case 3 -> {
                    numbers.clear();
                    numbers.add(attribute.number());
                }
                case 5 -> tensor = tensors.tensor(attribute.message());
                case 8 -> attribute.numbers(numbers, TensorCheck.SMALL_MAX);
                case 10 -> tensors.tensor(attribute.message());
                case 6, 11 -> graph(attribute.message(), new Scope(scope), body, depth + 1);
                case 14, 15 -> type(attribute.message(), 0);
                case 22, 23 -> tensors.sparse(attribute.message());
                default -> attribute.skip();
            }
        }
        if (SIZES.contains(name)) {
            for (long number : numbers) {
                if (number > SIZE_MAX || number < -SIZE_MAX) {
                    throw new UnsafeException(
                            "attribute " + name + " holds " + number + " (expected: at most " + SIZE_MAX + ")");
                }
            }
        }
        return new Attribute(name, numbers, tensor);
    }

    /// False for a tensor without a shape: ONNX Runtime gives it out as a scalar, and some of its operators end
    /// the process when a number of dimensions that they cannot take comes at a run.
    private static boolean valueInfo(ProtoReader info) throws MalformedException, UnsafeException {
        boolean isComplete = true;
        while (info.next()) {
            if (info.field() == 2) {
                isComplete = type(info.message(), 0);
            } else {
                info.skip();
            }
        }
        return isComplete;
    }

    private static boolean type(ProtoReader type, int depth) throws MalformedException, UnsafeException {
        if (depth > TYPE_DEPTH_MAX) {
            throw new UnsafeException("types nested deeper than " + TYPE_DEPTH_MAX);
        }
        boolean isComplete = true;
        while (type.next()) {
            switch (type.field()) {
                case 1, 8 -> isComplete = tensorType(type.message());
                case 4, 5, 9 -> {
                    var inner = type.message();
                    while (inner.next()) {
                        // The element type of a sequence or an optional; a map's is its second field.
                        if (inner.field() <= 2) {
                            innerType(inner, depth);
                        } else {
                            inner.skip();
                        }
                    }
                }
                default -> type.skip();
            }
        }
        return isComplete;
    }

    private static void innerType(ProtoReader inner, int depth) throws MalformedException, UnsafeException {
        if (inner.isBlock()) {
            type(inner.message(), depth + 1);
        } else {
            inner.skip();
        }
    }

    private static boolean tensorType(ProtoReader type) throws MalformedException, UnsafeException {
        boolean hasShape = false;
        while (type.next()) {
            if (type.field() == 2) {
                hasShape = true;
                shape(type.message());
            } else {
                type.skip();
            }
        }
        return hasShape;
    }

    private static void shape(ProtoReader shape) throws MalformedException, UnsafeException {
        var dims = new ArrayList<Long>();
        while (shape.next()) {
            if (shape.field() == 1) {
                dims.add(dim(shape.message()));
                if (dims.size() > RANK_MAX) {
                    throw new UnsafeException("a tensor of more than " + RANK_MAX + " dimensions");
                }
            } else {
                shape.skip();
            }
        }
        TensorCheck.elements(dims);
    }

    /// 1 when it is not fixed.
    private static long dim(ProtoReader dim) throws MalformedException, UnsafeException {
        long value = 1;
        while (dim.next()) {
            switch (dim.field()) {
                case 1 -> {
                    value = dim.number();
                    // Some exporters write -1 for what varies.
                    if (value < -1) {
                        throw new UnsafeException("a dimension of " + value);
                    }
                }
                case 2 -> dim.string();
                default -> dim.skip();
            }
        }
        return value == -1 ? 1 : value;
    }

    private static final class UnknownOperatorException extends Exception {
        UnknownOperatorException(String message) {
            super(message);
        }
    }

    /// Within the format, but beyond what is let near a runtime.
    static final class UnsafeException extends Exception {
        UnsafeException(String message) {
            super(message);
        }
    }
}
