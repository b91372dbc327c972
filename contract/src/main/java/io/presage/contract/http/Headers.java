package io.presage.contract.http;

/// Header names that Presage reads or writes beyond the HTTP standard's own.
public final class Headers {
    /// Bytes of the JSON part of a body with binary tensors (OIP binary tensor extension).
    public static final String INFERENCE_HEADER_CONTENT_LENGTH = "Inference-Header-Content-Length";

    /// Chosen by the client or by the gateway: `[A-Za-z0-9._-]{1,128}`; echoed in every answer and error.
    public static final String REQUEST_ID = "X-Request-Id";

    /// API key, for clients that cannot send `Authorization: Bearer`.
    public static final String API_KEY = "X-API-Key";

    /// Milliseconds that the caller still waits, counted from the arrival of the request: 1..600000.
    public static final String TIMEOUT_MILLIS = "Presage-Timeout-Ms";

    /// Calls with the same value go to the same side of a split. At most 256 characters.
    public static final String STICKY_KEY = "Presage-Sticky-Key";

    /// In every answer of a predict call: the version that answered.
    public static final String MODEL_VERSION = "Presage-Model-Version";

    /// Proves one service to another on internal ports. Compared in constant time, never logged.
    public static final String SERVICE_SECRET = "Presage-Service-Secret";

    /// In a worker's refusal: its Problem code, so that the gateway needs no look into the body to decide on a
    /// retry.
    public static final String PROBLEM_CODE = "Presage-Problem";

    /// `high`, `normal` (the default) or `low`: who goes first where calls queue.
    public static final String PRIORITY = "Presage-Priority";

    /// In a worker's answer to a predict call: rows that were run. What limits count that are given in rows.
    public static final String ROWS = "Presage-Rows";

    /// In a worker's answer to a predict call of a text task: tokens that were run, padding apart.
    public static final String TOKENS = "Presage-Tokens";

    /// In an answer that no worker was asked for: `hit`, or `joined` when it came with that of an identical call.
    public static final String CACHE = "Presage-Cache";

    private Headers() {}
}
