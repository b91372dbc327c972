package io.presage.engine.tensorflow;

import java.util.concurrent.atomic.AtomicInteger;
import org.tensorflow.SavedModelBundle;

/// A loaded SavedModel, shared by its views: TensorFlow runs a session on many threads at once. Closed by the
/// last view.
final class TensorflowGraph {
    private final SavedModelBundle bundle;
    private final Endpoint endpoint;
    private final long bytes;
    private final AtomicInteger views = new AtomicInteger();

    /// Takes the bundle over.
    TensorflowGraph(SavedModelBundle bundle, Endpoint endpoint, long bytes) {
        this.bundle = bundle;
        this.endpoint = endpoint;
        this.bytes = bytes;
    }

    TensorflowView view() {
        views.incrementAndGet();
        return new TensorflowView(this);
    }

    void release() {
        int left = views.decrementAndGet();
        if (left == 0) {
            bundle.close();
        } else if (left < 0) {
            throw new IllegalStateException("graph released more often than it was taken. This is a bug.");
        }
    }

    SavedModelBundle bundle() {
        return bundle;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    long bytes() {
        return bytes;
    }
}
