package io.presage.contract.infer;

/// Reads OIP v2 REST requests: JSON with nested or flat data, and the binary tensor extension.
public final class InferRequestReader {
    private final CodecLimits limits;
    private final TensorAllocator allocator;

    public InferRequestReader(CodecLimits limits, TensorAllocator allocator) {
        this.limits = limits;
        this.allocator = allocator;
    }

    /// Reads `body[offset, offset + length)`. `jsonLength`: value of `Inference-Header-Content-Length`, or -1
    /// when that
    /// header
    /// is absent.
    public InferRequest read(byte[] body, int offset, int length, int jsonLength) {
        throw new UnsupportedOperationException("" + limits + allocator);
    }
}
