package io.presage.contract.infer;

/// Reads OIP v2 REST responses: for the samples of a package, for tests and for clients.
public final class InferResponseReader {
    public static InferResponse read(byte[] body, int jsonLength) {
        throw new UnsupportedOperationException();
    }

    private InferResponseReader() {}
}
