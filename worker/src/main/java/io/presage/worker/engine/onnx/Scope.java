package io.presage.worker.engine.onnx;

import io.presage.worker.engine.onnx.OnnxCheck.Attribute;
import io.presage.worker.engine.onnx.OnnxCheck.UnsafeException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The small whole-number constants of a graph, as far as they follow from its own constants, and what nodes
/// would make of them: `ConstantOfShape` of three numbers can be a terabyte, and ONNX Runtime computes it while
/// it loads the model. Sizes that depend on a call's inputs are not known here. One graph, one thread.
final class Scope {
    private static final int ELEMENT_BYTES = 8;

    private final @Nullable Scope outer;
    private final Made made;
    private final Map<String, List<Long>> constants = new HashMap<>();

    /// Bytes that nodes make of constants, of the whole model.
    private static final class Made {
        private long bytes;
    }

    /// @param outer whose names the graph sees too; null for a graph of its own
    Scope(@Nullable Scope outer) {
        this.outer = outer;
        this.made = outer == null ? new Made() : outer.made;
    }

    void put(TensorCheck.Tensor tensor) {
        if (tensor.values() != null) {
            constants.put(tensor.name(), tensor.values());
        }
    }

    /// Follows one node of the standard operators.
    void run(String operator, List<String> inputs, List<String> outputs, List<Attribute> attributes)
            throws UnsafeException {
        var result = switch (operator) {
            case "Constant" -> constant(attributes);
            case "Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", "Flatten" -> input(inputs, 0);
            case "Concat" -> concatenated(inputs);
            case "Mul", "Add", "Sub", "Max" -> combined(operator, inputs);
            default -> null;
        };
        if (result != null && !outputs.isEmpty() && result.size() <= TensorCheck.SMALL_MAX) {
            constants.put(outputs.getFirst(), result);
        }
        switch (operator) {
            case "ConstantOfShape" -> make(operator, input(inputs, 0));
            case "Expand", "Tile", "AffineGrid" -> make(operator, input(inputs, 1));
            case "Resize" -> make(operator, input(inputs, 3));
            case "Pad" -> makePadding(operator, input(inputs, 1));
            case "OneHot", "TopK" -> make(operator, input(inputs, 1));
            case "BlackmanWindow", "HannWindow", "HammingWindow" -> make(operator, input(inputs, 0));
            case "Range" -> makeRange(input(inputs, 0), input(inputs, 1), input(inputs, 2));
            case "RandomNormal", "RandomUniform" -> make(operator, numbers(attributes, "shape"));
            case "Multinomial" -> make(operator, numbers(attributes, "sample_size"));
            default -> {
                // Makes no more than its inputs tell.
            }
        }
    }

    private static @Nullable List<Long> constant(List<Attribute> attributes) {
        for (var attribute : attributes) {
            if (attribute.tensor() != null) {
                return attribute.tensor().values();
            }
            if (attribute.name().equals("value_int") || attribute.name().equals("value_ints")) {
                return attribute.numbers();
            }
        }
        return null;
    }

    private @Nullable List<Long> concatenated(List<String> inputs) {
        var all = new ArrayList<Long>();
        for (var input : inputs) {
            var part = find(input);
            if (part == null || all.size() + part.size() > TensorCheck.SMALL_MAX) {
                return null;
            }
            all.addAll(part);
        }
        return all;
    }

    private @Nullable List<Long> combined(String operator, List<String> inputs) {
        var left = input(inputs, 0);
        var right = input(inputs, 1);
        if (left == null || right == null || left.isEmpty() || right.isEmpty()) {
            return null;
        }
        var result = new ArrayList<Long>();
        for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
            long a = left.get(i % left.size());
            long b = right.get(i % right.size());
            result.add(
                    switch (operator) {
                        case "Mul" -> a * b;
                        case "Add" -> a + b;
                        case "Sub" -> a - b;
                        default -> Math.max(a, b);
                    });
        }
        return result;
    }

    private @Nullable List<Long> input(List<String> inputs, int index) {
        return index < inputs.size() ? find(inputs.get(index)) : null;
    }

    private @Nullable List<Long> find(String name) {
        for (var scope = this; scope != null; scope = scope.outer) {
            var value = scope.constants.get(name);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    private static @Nullable List<Long> numbers(List<Attribute> attributes, String name) {
        for (var attribute : attributes) {
            if (attribute.name().equals(name)) {
                return attribute.numbers();
            }
        }
        return null;
    }

    private void make(String operator, @Nullable List<Long> dims) throws UnsafeException {
        if (dims == null) {
            return;
        }
        double elements = 1;
        for (long dim : dims) {
            // -1 and 0 stand for what is known elsewhere.
            elements *= Math.max(dim, 1);
        }
        add(operator, elements, dims);
    }

    private void makePadding(String operator, @Nullable List<Long> pads) throws UnsafeException {
        if (pads == null) {
            return;
        }
        double elements = 1;
        for (int i = 0; i < pads.size() / 2; i++) {
            elements *= Math.max(1, (double) pads.get(i) + pads.get(i + pads.size() / 2));
        }
        add(operator, elements, pads);
    }

    private void makeRange(@Nullable List<Long> start, @Nullable List<Long> limit, @Nullable List<Long> delta)
            throws UnsafeException {
        if (start == null || limit == null || delta == null) {
            return;
        }
        if (start.size() == 1 && limit.size() == 1 && delta.size() == 1 && delta.getFirst() != 0) {
            double count = ((double) limit.getFirst() - start.getFirst()) / delta.getFirst();
            add("Range", Math.max(0, count), List.of(start.getFirst(), limit.getFirst(), delta.getFirst()));
        }
    }

    private void add(String operator, double elements, List<Long> of) throws UnsafeException {
        double bytes = made.bytes + elements * ELEMENT_BYTES;
        if (bytes > OnnxCheck.MADE_BYTES_MAX) {
            throw new UnsafeException(
                    "operator " + operator + " makes " + (long) elements + " elements of the constants " + of
                            + "; with those before more than " + OnnxCheck.MADE_BYTES_MAX + " bytes");
        }
        made.bytes = (long) bytes;
    }
}
