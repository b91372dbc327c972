package io.presage.contract.problem;

/// What went wrong, in the words of the wire. The name is the `code` that clients see; it never changes its
/// meaning.
public enum Problem {
    INVALID_REQUEST(
            Type.CALLER,
            400,
            GrpcStatus.INVALID_ARGUMENT,
            false,
            "The request cannot be read as what it claims to be."),
    INVALID_TENSOR(
            Type.CALLER,
            400,
            GrpcStatus.INVALID_ARGUMENT,
            false,
            "A tensor's name, datatype, shape or data does not fit the model."),
    INVALID_INPUT(
            Type.CALLER,
            400,
            GrpcStatus.INVALID_ARGUMENT,
            false,
            "The content of a row (a picture, a sound, a text) cannot be used."),
    INVALID_PACKAGE(
            Type.CALLER,
            400,
            GrpcStatus.INVALID_ARGUMENT,
            false,
            "The uploaded package is broken, unsafe or of an unknown kind."),
    DIGEST_MISMATCH(
            Type.CALLER,
            400,
            GrpcStatus.INVALID_ARGUMENT,
            false,
            "The bytes that arrived have another SHA-256 than announced."),
    UNAUTHENTICATED(
            Type.CALLER,
            401,
            GrpcStatus.UNAUTHENTICATED,
            false,
            "No API key was sent, or one that is unknown or revoked."),
    PERMISSION_DENIED(
            Type.CALLER, 403, GrpcStatus.PERMISSION_DENIED, false, "The API key lacks the role for this action."),
    NOT_FOUND(Type.CALLER, 404, GrpcStatus.NOT_FOUND, false, "There is nothing at this path."),
    MODEL_NOT_FOUND(Type.CALLER, 404, GrpcStatus.NOT_FOUND, false, "No model of this name exists."),
    VERSION_NOT_FOUND(Type.CALLER, 404, GrpcStatus.NOT_FOUND, false, "The model has no such version or alias."),
    METHOD_NOT_ALLOWED(
            Type.CALLER,
            405,
            GrpcStatus.UNIMPLEMENTED,
            false,
            "The path exists, but not for this method; `Allow` names those it has."),
    REQUEST_TIMEOUT(
            Type.CALLER, 408, GrpcStatus.DEADLINE_EXCEEDED, true, "The request's own bytes did not arrive in time."),
    CONFLICT(
            Type.CALLER,
            409,
            GrpcStatus.FAILED_PRECONDITION,
            false,
            "The state of the thing does not allow this action now."),
    STALE(
            Type.CALLER,
            409,
            GrpcStatus.ABORTED,
            false,
            "Somebody changed it meanwhile: the expected value is no longer the present one."),
    BODY_TOO_LARGE(
            Type.CALLER, 413, GrpcStatus.RESOURCE_EXHAUSTED, false, "The body is larger than this server accepts."),
    UNSUPPORTED_MEDIA_TYPE(
            Type.CALLER,
            415,
            GrpcStatus.INVALID_ARGUMENT,
            false,
            "The Content-Type or Content-Encoding is not one that is read here."),
    HEADERS_TOO_LARGE(
            Type.CALLER,
            431,
            GrpcStatus.INVALID_ARGUMENT,
            false,
            "The header section is larger than this server accepts."),
    RATE_LIMITED(
            Type.OVERLOAD,
            429,
            GrpcStatus.RESOURCE_EXHAUSTED,
            true,
            "A limit of the key, its tenant or the model is spent; `Retry-After` says when to come back."),
    QUOTA_SPENT(
            Type.OVERLOAD,
            429,
            GrpcStatus.RESOURCE_EXHAUSTED,
            true,
            "The tenant's quota of the day is used up; `Retry-After` says when the next day begins."),
    QUEUE_FULL(Type.OVERLOAD, 503, GrpcStatus.UNAVAILABLE, true, "Too much work is waiting already; nothing was run."),
    OVERLOADED(
            Type.OVERLOAD,
            503,
            GrpcStatus.UNAVAILABLE,
            true,
            "The server has no room for this request now; nothing was run."),
    VERSION_NOT_READY(
            Type.UPSTREAM, 503, GrpcStatus.UNAVAILABLE, true, "The version is known, but no replica of it is Ready."),
    SHUTTING_DOWN(Type.UPSTREAM, 503, GrpcStatus.UNAVAILABLE, true, "The server is stopping and takes no new work."),
    REGISTRY_UNAVAILABLE(
            Type.UPSTREAM,
            503,
            GrpcStatus.UNAVAILABLE,
            true,
            "The registry or its database cannot be reached; predictions go on."),
    UPSTREAM_FAILED(
            Type.UPSTREAM,
            502,
            GrpcStatus.UNAVAILABLE,
            true,
            "A replica broke the connection or answered what cannot be understood."),
    DEADLINE_EXCEEDED(
            Type.UPSTREAM, 504, GrpcStatus.DEADLINE_EXCEEDED, true, "The deadline passed before the answer was there."),
    UNSUPPORTED(
            Type.CALLER, 501, GrpcStatus.UNIMPLEMENTED, false, "The protocol has this feature; this server has not."),
    STORAGE_FULL(
            Type.OVERLOAD, 507, GrpcStatus.RESOURCE_EXHAUSTED, true, "The disk that should take these bytes is full."),
    ENGINE_FAILED(Type.INTERNAL, 500, GrpcStatus.INTERNAL, false, "The model itself failed while it ran."),
    INTERNAL(Type.INTERNAL, 500, GrpcStatus.INTERNAL, false, "A bug. The request id leads to the log.");

    /// Who has to act.
    public enum Type {
        CALLER,
        OVERLOAD,
        UPSTREAM,
        INTERNAL
    }

    /// The gRPC status codes that Presage uses, by their numbers in the gRPC specification.
    public enum GrpcStatus {
        INVALID_ARGUMENT(3),
        DEADLINE_EXCEEDED(4),
        NOT_FOUND(5),
        PERMISSION_DENIED(7),
        RESOURCE_EXHAUSTED(8),
        FAILED_PRECONDITION(9),
        ABORTED(10),
        UNIMPLEMENTED(12),
        INTERNAL(13),
        UNAVAILABLE(14),
        UNAUTHENTICATED(16);

        private final int number;

        GrpcStatus(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }
    }

    private final Type type;
    private final int status;
    private final GrpcStatus grpcStatus;
    private final boolean retryable;
    private final String meaning;

    Problem(Type type, int status, GrpcStatus grpcStatus, boolean retryable, String meaning) {
        this.type = type;
        this.status = status;
        this.grpcStatus = grpcStatus;
        this.retryable = retryable;
        this.meaning = meaning;
    }

    public Type type() {
        return type;
    }

    /// HTTP status.
    public int status() {
        return status;
    }

    public GrpcStatus grpcStatus() {
        return grpcStatus;
    }

    /// True when the same call may succeed later without being changed.
    public boolean retryable() {
        return retryable;
    }

    /// One sentence for `docs/errors.md` and for RFC 9457's `title`.
    public String meaning() {
        return meaning;
    }
}
