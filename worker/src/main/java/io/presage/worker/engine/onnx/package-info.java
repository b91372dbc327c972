/// ONNX Runtime behind the engine seam: sessions tuned for throughput, tensors over reused direct memory, load
/// failures told apart. Called by the version loader (load) and by an instance's owner (run).
@NullMarked
package io.presage.worker.engine.onnx;

import org.jspecify.annotations.NullMarked;
