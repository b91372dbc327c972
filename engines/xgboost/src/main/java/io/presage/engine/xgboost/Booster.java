package io.presage.engine.xgboost;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// One loaded model, shared by the views over it and freed with the last of them. Predictions in place do not
/// change it, so views run side by side.
final class Booster {
    static final String INPUT = "features";
    static final String OUTPUT = "predictions";
    private static final long FEATURES_MAX = 1 << 20;

    private final XgboostLibrary library;
    private final MemorySegment handle;
    private final Signature signature;
    private final long bytes;
    private final AtomicInteger views = new AtomicInteger();

    private Booster(XgboostLibrary library, MemorySegment handle, Signature signature, long bytes) {
        this.library = library;
        this.handle = handle;
        this.signature = signature;
        this.bytes = bytes;
    }

    /// Asks the model what it gives for a row in which everything is missing. The handle is the booster's from
    /// now on, unless this fails.
    ///
    /// @param bytes of the file: about what the trees take in memory
    static LoadedModel open(XgboostLibrary library, MemorySegment handle, long bytes)
            throws XgboostException, LoadException {
        long features = library.featureCount(handle);
        if (features < 1 || features > FEATURES_MAX) {
            throw new LoadException(new Failure(
                    "signature",
                    "corrupt-model",
                    "num_feature: " + features + " (expected: 1.." + FEATURES_MAX + ")",
                    "Train and save the model again."));
        }
        List<Long> outputShape = new ArrayList<>();
        outputShape.add(-1L);
        try (var arena = Arena.ofConfined()) {
            var row = arena.allocate(ValueLayout.JAVA_FLOAT, features);
            for (long i = 0; i < features; i++) {
                row.setAtIndex(ValueLayout.JAVA_FLOAT, i, Float.NaN);
            }
            var matrix = new MatrixText(arena);
            var answer = new XgboostLibrary.Answer(arena);
            library.predict(handle, matrix.of(row.address(), 1, features), matrix.settings(), answer);
            for (int axis = 1; axis < answer.rank(); axis++) {
                outputShape.add(answer.dim(axis));
            }
        }
        var signature = new Signature(
                List.of(new TensorSpec(INPUT, DataType.FP32, List.of(-1L, features))),
                List.of(new TensorSpec(OUTPUT, DataType.FP32, outputShape)),
                true);
        return new Booster(library, handle, signature, bytes).view();
    }

    LoadedModel view() {
        views.incrementAndGet();
        return new XgboostModel(this);
    }

    void release() {
        int left = views.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException("booster released more often than it was taken. This is a bug.");
        }
        if (left == 0) {
            try {
                library.free(handle);
            } catch (XgboostException e) {
                throw new IllegalStateException("free: " + e.getMessage(), e);
            }
        }
    }

    Signature signature() {
        return signature;
    }

    long bytes() {
        return bytes;
    }

    void predict(MemorySegment matrix, MemorySegment settings, XgboostLibrary.Answer answer) throws XgboostException {
        library.predict(handle, matrix, settings, answer);
    }
}
