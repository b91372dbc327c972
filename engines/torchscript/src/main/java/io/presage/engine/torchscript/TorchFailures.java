package io.presage.engine.torchscript;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.util.Locale;
import java.util.regex.Pattern;

/// From PyTorch's words to failure cards and problems. Pure.
final class TorchFailures {
    private static final int EVIDENCE_CHARS_MAX = 1000;
    private static final int DETAIL_CHARS_MAX = 500;
    private static final Pattern OPERATOR = Pattern.compile("Unknown builtin op: ([\\w:.]+?)\\.?\\s"
            + "|(?:Unknown|unrecognized|unsupported) operator[: ]+'?([\\w:.]+)"
            + "|Could not find any similar ops to ([\\w:]+)");
    private static final Pattern CLASS = Pattern.compile("[Uu]nknown type name '?([\\w.]+)'?|"
            + "[Cc]lass(?:name)? '?([\\w.:]+)'? (?:is )?not (?:registered|found)");

    private TorchFailures() {}

    static LoadException load(RuntimeException e) {
        return new LoadException(card(rootOf(e)), e);
    }

    static Failure card(String message) {
        var lower = message.toLowerCase(Locale.ROOT);
        var operator = OPERATOR.matcher(message);
        if (operator.find()) {
            return new Failure(
                    "load",
                    "unsupported-operator",
                    "operator " + named(operator) + ": " + cut(message, EVIDENCE_CHARS_MAX),
                    "Export the model with operators of PyTorch 2.7 alone (no extensions), or to ONNX: torch.onnx.export.");
        }
        var type = CLASS.matcher(message);
        if (type.find()) {
            return new Failure(
                    "load",
                    "unsupported-operator",
                    "class " + named(type) + ": " + cut(message, EVIDENCE_CHARS_MAX),
                    "Export the model without classes of extensions, or to ONNX: torch.onnx.export.");
        }
        if (isOutOfMemory(lower)) {
            return new Failure(
                    "load",
                    "out-of-memory",
                    cut(message, EVIDENCE_CHARS_MAX),
                    "Give the worker more memory, or use a smaller model.");
        }
        return new Failure(
                "load",
                "corrupt-model",
                cut(message, EVIDENCE_CHARS_MAX),
                "Save the model with torch.jit.save of PyTorch 1.6 to 2.7 and upload the file whole.");
    }

    /// An operation that refuses its argument (an index out of a table, sizes that do not go together) refuses the
    /// input; what PyTorch itself cannot do is its own failure.
    static ProblemException run(RuntimeException e) {
        var message = rootOf(e);
        var isRefusal = message.contains("failed in the TorchScript interpreter")
                && !message.contains("INTERNAL ASSERT")
                && !isOutOfMemory(message.toLowerCase(Locale.ROOT));
        return new ProblemException(
                isRefusal ? Problem.INVALID_INPUT : Problem.ENGINE_FAILED, "PyTorch: " + lastWord(message), e);
    }

    private static boolean isOutOfMemory(String lower) {
        return lower.contains("not enough memory")
                || lower.contains("can't allocate memory")
                || lower.contains("bad_alloc");
    }

    /// TorchScript ends its tracebacks with the error itself.
    private static String lastWord(String message) {
        var lines = message.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        int error = -1;
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains("Error: ")) {
                error = i;
            }
        }
        return cut(String.join(" ", error < 0 ? lines : lines.subList(error, lines.size())), DETAIL_CHARS_MAX);
    }

    private static String named(java.util.regex.Matcher matcher) {
        for (int i = 1; i <= matcher.groupCount(); i++) {
            var group = matcher.group(i);
            if (group != null) {
                return group;
            }
        }
        return "?";
    }

    static String rootOf(Throwable e) {
        Throwable root = e;
        for (var cause = e.getCause(); cause != null; cause = cause.getCause()) {
            root = cause;
        }
        var message = root.getMessage();
        return message == null ? root.toString() : message.strip();
    }

    private static String cut(String text, int charsMax) {
        return text.length() <= charsMax ? text : text.substring(0, charsMax) + "...";
    }
}
