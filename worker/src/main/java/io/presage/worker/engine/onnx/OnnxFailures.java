package io.presage.worker.engine.onnx;

import ai.onnxruntime.OrtException;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.util.Locale;
import java.util.regex.Pattern;

/// From ONNX Runtime's words to failure cards. Pure.
final class OnnxFailures {
    private static final int EVIDENCE_CHARS_MAX = 1000;

    /// "ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions.
    /// Opset 99 is under development", "com.foo:Bar(-1) is not a registered function/op", "NOT_IMPLEMENTED :
    /// Could not find an implementation for Foo(13) node".
    private static final Pattern UNREGISTERED =
            Pattern.compile("(?:Fatal error: )?([\\w.]*):?(\\w+)\\s*\\((-?\\d+)\\) is not a registered function/op"
                    + "|No Op registered for (\\w+) with domain_version of (\\d+)"
                    + "|Could not find an implementation for (?:the node )?(?:[^:]*:)?(\\w+)\\((\\d+)\\)");

    /// Where the file lies on this worker is nobody's business.
    private static final Pattern FILE = Pattern.compile("Load model from \\S* failed: ?");

    private OnnxFailures() {}

    static LoadException load(OrtException e) {
        var message = String.valueOf(e.getMessage());
        return new LoadException(card(e.getCode(), message), e);
    }

    static Failure card(OrtException.OrtErrorCode code, String message) {
        var lower = message.toLowerCase(Locale.ROOT);
        var operator = UNREGISTERED.matcher(message);
        if (operator.find()) {
            return unsupportedOperator("operator " + nameOf(operator) + ": " + cut(message));
        }
        if (lower.contains("opset") || lower.contains("unsupported model ir version") || lower.contains("ir_version")) {
            return new Failure(
                    "load",
                    "unsupported-opset",
                    cut(message),
                    "Export the model again at an opset and IR version that ONNX Runtime 1.29 has.");
        }
        if (lower.contains("bad_alloc") || lower.contains("failed to allocate memory")) {
            return new Failure(
                    "load", "out-of-memory", cut(message), "Give the worker more memory, or use a smaller model.");
        }
        if (code == OrtException.OrtErrorCode.ORT_NO_SUCHFILE
                || (lower.contains("external data") && lower.contains("not exist"))
                || lower.contains("no such file")) {
            return new Failure(
                    "load",
                    "missing-file",
                    cut(message),
                    "Put every file that the model refers to into the package, beside the model.");
        }
        return switch (code) {
            case ORT_INVALID_PROTOBUF, ORT_INVALID_GRAPH, ORT_NO_MODEL, ORT_INVALID_ARGUMENT, ORT_FAIL ->
                corrupt(cut(message));
            case ORT_NOT_IMPLEMENTED ->
                new Failure(
                        "load",
                        "unsupported-operator",
                        cut(message),
                        "Export the model with operators and datatypes that ONNX Runtime 1.29 has for the CPU.");
            case ORT_JAVA_UNKNOWN,
                    ORT_OK,
                    ORT_NO_SUCHFILE,
                    ORT_ENGINE_ERROR,
                    ORT_RUNTIME_EXCEPTION,
                    ORT_MODEL_LOADED,
                    ORT_EP_FAIL,
                    ORT_MODEL_LOAD_CANCELED,
                    ORT_MODEL_REQUIRES_COMPILATION,
                    ORT_NOT_FOUND,
                    ORT_DEVICE_RESET ->
                new Failure(
                        "load", "engine-failure", cut(message), "Load the file with onnxruntime yourself to see more.");
        };
    }

    static Failure unsupportedOperator(String evidence) {
        return new Failure(
                "load",
                "unsupported-operator",
                evidence,
                "Export the model with operators of the ONNX standard, at an opset that ONNX Runtime 1.29 has.");
    }

    static Failure corrupt(String evidence) {
        return new Failure(
                "load",
                "corrupt-model",
                evidence,
                "Check the file with onnx.checker.check_model, export it again and upload it whole.");
    }

    static LoadException noDevice() {
        return new LoadException(new Failure(
                "load",
                "unsupported-device",
                "device: gpu (expected: cpu or any, this worker has no GPU)",
                "Set device: any in model.yaml, or add a worker with a GPU."));
    }

    private static String nameOf(java.util.regex.Matcher matcher) {
        if (matcher.group(2) != null) {
            var domain = matcher.group(1);
            return matcher.group(2) + (domain.isEmpty() ? "" : " of domain " + domain) + ", opset " + matcher.group(3);
        }
        return matcher.group(4) != null
                ? matcher.group(4) + ", opset " + matcher.group(5)
                : matcher.group(6) + ", opset " + matcher.group(7);
    }

    private static String cut(String message) {
        var shown = FILE.matcher(message).replaceFirst("");
        return shown.length() <= EVIDENCE_CHARS_MAX ? shown : shown.substring(0, EVIDENCE_CHARS_MAX) + "...";
    }
}
