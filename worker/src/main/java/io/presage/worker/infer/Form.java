package io.presage.worker.infer;

import io.presage.contract.infer.InferRequestReader;
import io.presage.contract.infer.InferResponseWriter;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.OipError;
import io.presage.contract.problem.OpenAiError;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.tasks.Task;
import io.presage.worker.versions.ServedVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A protocol in which predict calls are made: how their bodies are read, and their answers and errors written.
/// Without state; any thread.
enum Form {
    /// The Open Inference Protocol.
    OIP("infer") {
        @Override
        Asked read(InferRequestReader reader, Content body, @Nullable String jsonLength, ServedVersion version) {
            return InferCodec.read(reader, body, jsonLength, version);
        }
    },

    /// OpenAI's embeddings.
    EMBEDDINGS("embeddings") {
        @Override
        Asked read(InferRequestReader reader, Content body, @Nullable String jsonLength, ServedVersion version) {
            return EmbeddingsCodec.read(reader, body, version);
        }

        @Override
        byte[] error(ProblemException e, String requestId) {
            return OpenAiError.json(e.problem(), e.detail(), requestId);
        }
    },

    /// TensorFlow Serving's `:predict`, whose clients send any Content-Type: its server never looked. Its
    /// errors are OIP's too.
    PREDICT("predict") {
        @Override
        Asked read(InferRequestReader reader, Content body, @Nullable String jsonLength, ServedVersion version) {
            return PredictCodec.read(reader, body, version);
        }

        @Override
        boolean takesAnyType() {
            return true;
        }
    };

    private final String verb;

    Form(String verb) {
        this.verb = verb;
    }

    /// The form of calls to a path that ends with `verb`; null when there is none.
    static @Nullable Form of(String verb) {
        for (var form : values()) {
            if (form.verb.equals(verb)) {
                return form;
            }
        }
        return null;
    }

    /// Reads a whole body. It has a `tail` only in OIP.
    ///
    /// @param jsonLength what `Inference-Header-Content-Length` said; OIP's alone
    /// @throws ProblemException what the caller is to be refused with
    abstract Asked read(InferRequestReader reader, Content body, @Nullable String jsonLength, ServedVersion version);

    /// Whether a body is read whatever its Content-Type says it is.
    boolean takesAnyType() {
        return false;
    }

    /// The body of an answer that is an error.
    byte[] error(ProblemException e, String requestId) {
        return OipError.json(e.problem(), e.detail(), requestId);
    }

    /// What one call asked for, from its body to its answer. One thread at a time.
    interface Asked {
        /// Checks it against the version and makes of it what is run: the whole, or the next part of it.
        ///
        /// @throws ProblemException what the caller is to be refused with
        Task.Prepared prepare(ServedVersion version, int rowsMax);

        /// Whether what [#prepare] gave last is a part that others follow: its outputs go to [#keep] then, and
        /// there is no answer yet.
        default boolean hasMore() {
            return false;
        }

        /// `modelOutputs` are of exactly the rows of `prepared`, a part, and gone after this.
        default void keep(Task.Prepared prepared, List<Tensor> modelOutputs) {
            throw new IllegalStateException("a part of a call that is run as a whole. This is a bug.");
        }

        /// `modelOutputs` are of exactly the rows of `prepared`, the whole or the last part, and gone after
        /// this.
        Reply answer(
                InferResponseWriter writer, ServedVersion version, Task.Prepared prepared, List<Tensor> modelOutputs);
    }
}
