package io.presage.engine.torchscript;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a module's `forward` takes, in TorchScript's own words: `forward(Tensor x, int n=1) -> Tensor`.
///
/// @param arguments types and names, without `self`
/// @param text all of it
record ForwardSchema(List<String> arguments, String text) {
    private static final Pattern DECLARATION = Pattern.compile("Declaration: forward\\((.*)\\) -> (.*)");

    ForwardSchema {
        arguments = List.copyOf(arguments);
    }

    /// PyTorch tells it when `forward` is called without what it needs, and DJL has no other way to it. Empty
    /// when it
    /// needs nothing.
    static Optional<ForwardSchema> of(Model model, Engine engine) {
        try (var memory = engine.newBaseManager(ai.djl.Device.cpu());
                var _ = model.getBlock().forward(new ParameterStore(memory, false), new NDList(), false)) {
            return Optional.empty();
        } catch (EngineException e) {
            return parse(String.valueOf(e.getMessage()));
        }
    }

    static Optional<ForwardSchema> parse(String message) {
        var declaration = DECLARATION.matcher(message);
        if (!declaration.find()) {
            return Optional.empty();
        }
        var arguments = split(declaration.group(1));
        var without = arguments.subList(Math.min(1, arguments.size()), arguments.size());
        return Optional.of(
                new ForwardSchema(without, "forward(" + String.join(", ", without) + ") -> " + declaration.group(2)));
    }

    /// At the commas outside of brackets: `Dict(str, Tensor) d` is one argument.
    private static List<String> split(String all) {
        var parts = new ArrayList<String>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < all.length(); i++) {
            switch (all.charAt(i)) {
                case '(', '[' -> depth++;
                case ')', ']' -> depth--;
                case ',' -> {
                    if (depth == 0) {
                        parts.add(all.substring(start, i).strip());
                        start = i + 1;
                    }
                }
                default -> {}
            }
        }
        parts.add(all.substring(start).strip());
        return parts;
    }

    /// True when it can be called with that many tensors.
    boolean accepts(int tensors) {
        if (tensors > arguments.size()) {
            return false;
        }
        for (int i = 0; i < arguments.size(); i++) {
            var argument = arguments.get(i);
            var isTensor = argument.startsWith("Tensor ") || argument.startsWith("Tensor? ");
            if (i < tensors ? !isTensor : !argument.contains("=")) {
                return false;
            }
        }
        return true;
    }
}
