package io.presage.engine.lightgbm;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// One loaded model, shared by the views over it and freed with the last of them. Predictions do not change it, so
/// views run side by side.
final class Booster {
    static final String INPUT = "features";
    static final String OUTPUT = "predictions";
    private static final int FEATURES_MAX = 1 << 20;
    private static final int ANSWERS_MAX = 1 << 16;

    private final LightgbmLibrary library;
    private final MemorySegment handle;
    private final Signature signature;
    private final String settings;
    private final long bytes;
    private final AtomicInteger views = new AtomicInteger();

    private Booster(LightgbmLibrary library, MemorySegment handle, Signature signature, String settings, long bytes) {
        this.library = library;
        this.handle = handle;
        this.signature = signature;
        this.settings = settings;
        this.bytes = bytes;
    }

    /// The handle is the booster's from now on, unless this fails.
    ///
    /// @param bytes of the file: about what the trees take in memory
    static LoadedModel open(LightgbmLibrary library, MemorySegment handle, int threads, long bytes)
            throws LightgbmException, LoadException {
        int features = library.featureCount(handle);
        long answers = library.answerCount(handle);
        if (features < 1 || features > FEATURES_MAX || answers < 1 || answers > ANSWERS_MAX) {
            throw new LoadException(new Failure(
                    "signature",
                    "corrupt-model",
                    features + " features, " + answers + " answers for a row (expected: 1.." + FEATURES_MAX + ", 1.."
                            + ANSWERS_MAX + ")",
                    "Train and save the model again."));
        }
        var signature = new Signature(
                List.of(new TensorSpec(INPUT, DataType.FP32, List.of(-1L, (long) features))),
                List.of(new TensorSpec(OUTPUT, DataType.FP64, answers == 1 ? List.of(-1L) : List.of(-1L, answers))),
                true);
        return new Booster(library, handle, signature, "verbosity=-1 num_threads=" + threads, bytes).view();
    }

    LoadedModel view() {
        views.incrementAndGet();
        return new LightgbmModel(this);
    }

    void release() {
        int left = views.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException("booster released more often than it was taken. This is a bug.");
        }
        if (left == 0) {
            try {
                library.free(handle);
            } catch (LightgbmException e) {
                throw new IllegalStateException("free: " + e.getMessage(), e);
            }
        }
    }

    Signature signature() {
        return signature;
    }

    /// What the library is told with each prediction.
    String settings() {
        return settings;
    }

    long bytes() {
        return bytes;
    }

    void predict(
            MemorySegment data,
            int rows,
            int columns,
            MemorySegment settings,
            MemorySegment count,
            MemorySegment answers)
            throws LightgbmException {
        library.predict(handle, data, rows, columns, settings, count, answers);
    }
}
