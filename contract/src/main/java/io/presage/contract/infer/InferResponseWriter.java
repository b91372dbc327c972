package io.presage.contract.infer;

/// Writes OIP v2 REST responses into one growing buffer that is reused: what [#bytes] holds is valid until the
/// next
/// [#write].
public final class InferResponseWriter {
    public void write(InferResponse response, InferRequest request) {
        throw new UnsupportedOperationException();
    }

    /// The encoded body lies at [0, length).
    public byte[] bytes() {
        throw new UnsupportedOperationException();
    }

    public int length() {
        throw new UnsupportedOperationException();
    }

    /// Value for `Inference-Header-Content-Length`, or -1 when no tensor travels as binary.
    public int jsonLength() {
        throw new UnsupportedOperationException();
    }
}
