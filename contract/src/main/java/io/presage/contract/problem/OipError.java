package io.presage.contract.problem;

/// The error body of `/v2`: `{"error": ..., "code": ..., "retryable": ..., "request_id": ...}`.
public final class OipError {
    /// UTF-8 JSON.
    public static byte[] json(Problem problem, String detail, String requestId) {
        throw new UnsupportedOperationException();
    }

    private OipError() {}
}
