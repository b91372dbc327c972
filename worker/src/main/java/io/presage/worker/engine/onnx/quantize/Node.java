package io.presage.worker.engine.onnx.quantize;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A node of the graph.
///
/// @param field the whole field of the graph, tag included
/// @param domain empty for ONNX's own operators
/// @param inputs names; empty ones are optional inputs left out
/// @param numbers attributes with a whole or floating number, by name
/// @param inner names that subgraphs in its attributes read
record Node(
        MemorySegment field,
        String operator,
        String domain,
        String name,
        List<String> inputs,
        List<String> outputs,
        Map<String, Double> numbers,
        Set<String> inner) {
    Node {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        numbers = Map.copyOf(numbers);
        inner = Set.copyOf(inner);
    }

    boolean is(String wanted) {
        return operator.equals(wanted) && (domain.isEmpty() || domain.equals("ai.onnx"));
    }

    double number(String attribute, double otherwise) {
        return numbers.getOrDefault(attribute, otherwise);
    }
}
