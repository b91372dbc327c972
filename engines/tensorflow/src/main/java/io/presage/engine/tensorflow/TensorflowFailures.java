package io.presage.engine.tensorflow;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.exceptions.TFOutOfRangeException;

/// From TensorFlow's words to failure cards and problems. Pure.
final class TensorflowFailures {
    private static final int EVIDENCE_CHARS_MAX = 1000;
    private static final int DETAIL_CHARS_MAX = 500;
    private static final Pattern OPERATOR =
            Pattern.compile("Op type not registered '([^']+)'|No OpKernel was registered to support Op '([^']+)'");

    private TensorflowFailures() {}

    static LoadException load(RuntimeException e) {
        return new LoadException(card(String.valueOf(e.getMessage())), e);
    }

    static Failure card(String message) {
        var lower = message.toLowerCase(Locale.ROOT);
        var evidence = cut(message.strip(), EVIDENCE_CHARS_MAX);
        var operator = OPERATOR.matcher(message);
        if (operator.find()) {
            var name = operator.group(1) == null ? operator.group(2) : operator.group(1);
            return new Failure(
                    "load",
                    "unsupported-operator",
                    "operator " + name + ": " + evidence,
                    "Save the model with operations of TensorFlow 2.16 alone (no tensorflow-text or other extensions), or"
                            + " export it to ONNX: tf2onnx.");
        }
        if (lower.contains("could not find meta graph def matching supplied tags")) {
            return new Failure(
                    "load", "unsupported-signature", evidence, "Save the model for serving: tf.saved_model.save.");
        }
        if (lower.contains("oom when allocating") || lower.contains("bad_alloc")) {
            return new Failure(
                    "load", "out-of-memory", evidence, "Give the worker more memory, or use a smaller model.");
        }
        if (lower.contains("no such file")
                || lower.contains("unsuccessful tensorslicereader")
                || lower.contains("not found in checkpoint")) {
            return missingFile(evidence);
        }
        return new Failure(
                "load",
                "corrupt-model",
                evidence,
                "Save the model again with tf.saved_model.save and upload the folder whole, as zip or tar.gz.");
    }

    static LoadException missing(String evidence) {
        return new LoadException(missingFile(evidence));
    }

    private static Failure missingFile(String evidence) {
        return new Failure(
                "load",
                "missing-file",
                evidence,
                "Pack the whole folder that tf.saved_model.save wrote, variables/ and assets/ with it.");
    }

    /// An operation that refuses its argument (sizes that do not go together, an index out of a table) refuses the
    /// input.
    static ProblemException run(RuntimeException e) {
        var isRefusal = e instanceof TFInvalidArgumentException || e instanceof TFOutOfRangeException;
        return new ProblemException(
                isRefusal ? Problem.INVALID_INPUT : Problem.ENGINE_FAILED,
                "TensorFlow: "
                        + cut(String.valueOf(e.getMessage()).lines().findFirst().orElse(""), DETAIL_CHARS_MAX),
                e);
    }

    private static String cut(String text, int charsMax) {
        return text.length() <= charsMax ? text : text.substring(0, charsMax) + "...";
    }
}
