package io.presage.worker.infer;

import io.presage.contract.infer.CodecLimits;
import io.presage.contract.infer.InferRequestReader;
import io.presage.contract.infer.InferResponseWriter;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.infer.Router.Target;
import io.presage.worker.versions.DormantVersion;
import io.presage.worker.versions.ServedVersion;
import io.presage.worker.versions.VersionKey;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/// Everything that one event loop does, with the memory that it uses again and again. For that event loop.
final class LoopHandler implements Handler<HttpServerRequest> {
    private static final Logger log = LoggerFactory.getLogger(LoopHandler.class);
    private static final int SMALL_BODY_BYTES_MAX = 64 << 10;
    private static final String VERSION = version();

    private final int index;
    private final Surroundings shared;
    private final InferServer server;
    private final Context context;
    private final Router router;
    private final ConnectionGuard guard;
    private final LoopMemory memory = new LoopMemory();
    private final InferRequestReader reader;
    private final InferResponseWriter writer = new InferResponseWriter();
    private byte[] scratch = new byte[4096];
    private long requestIds;

    LoopHandler(int index, Surroundings shared, InferServer server, Context context) {
        this.index = index;
        this.shared = shared;
        this.server = server;
        this.context = context;
        this.router = new Router(shared.versions());
        this.guard = new ConnectionGuard(shared.settings());
        this.reader = new InferRequestReader(CodecLimits.DEFAULT, memory);
    }

    private static String version() {
        var version = LoopHandler.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }

    int index() {
        return index;
    }

    Surroundings shared() {
        return shared;
    }

    ConnectionGuard guard() {
        return guard;
    }

    LoopMemory memory() {
        return memory;
    }

    InferRequestReader reader() {
        return reader;
    }

    InferResponseWriter writer() {
        return writer;
    }

    long now() {
        return shared.nanos().getAsLong();
    }

    /// The bytes in an array that the next call of this method overwrites.
    byte[] scratch(Buffer bytes) {
        if (scratch.length < bytes.length()) {
            scratch = new byte[Integer.highestOneBit(bytes.length()) << 1];
        }
        bytes.getBytes(0, bytes.length(), scratch, 0);
        return scratch;
    }

    void onLoop(Runnable work) {
        context.runOnContext(_ -> work.run());
    }

    void closeLater(HttpConnection connection, long millis) {
        context.owner().setTimer(millis, _ -> connection.close());
    }

    /// For requests that brought none: this loop's number and a count.
    String nextRequestId() {
        return "worker-" + index + "-" + ++requestIds;
    }

    boolean callBegins() {
        return server.callBegins();
    }

    void callEnded() {
        server.callEnded();
    }

    ProblemException bodyTooLarge() {
        return new ProblemException(
                Problem.BODY_TOO_LARGE,
                "the body is larger than " + shared.settings().bodyBytesMax().toBytes()
                        + " bytes (expected: at most that)");
    }

    ProblemException overloaded() {
        return ProblemException.retryAfter(
                Problem.OVERLOADED,
                shared.budget().bytes() + " bytes of calls are in flight (expected: at most "
                        + shared.budget().bytesMax() + ")",
                1);
    }

    void opened(HttpConnection connection) {
        if (!server.connectionOpened()) {
            connection.close();
            server.connectionClosed();
            return;
        }
        guard.opened(connection, now());
        connection.closeHandler(_ -> {
            guard.closed(connection);
            server.connectionClosed();
        });
    }

    /// What the HTTP decoder could not read: too long, or no HTTP.
    void invalid(HttpServerRequest request) {
        var cause = request.decoderResult().cause();
        var problem = cause instanceof io.netty.handler.codec.http.TooLongHttpHeaderException
                ? new ProblemException(
                        Problem.HEADERS_TOO_LARGE,
                        "headers of more than "
                                + shared.settings().headerBytesMax().toBytes() + " bytes (expected: at most that)")
                : cause instanceof io.netty.handler.codec.http.TooLongHttpLineException
                        ? new ProblemException(
                                Problem.HEADERS_TOO_LARGE,
                                "a request line of more than "
                                        + shared.settings().headerBytesMax().toBytes()
                                        + " bytes (expected: at most that)")
                        : new ProblemException(Problem.INVALID_REQUEST, "this is no HTTP/1.1 request");
        var exchange = new Exchange(this, request, new RequestHead(), guard.state(request.connection()), now());
        exchange.closeAfter();
        exchange.fail(problem);
    }

    @Override
    public void handle(HttpServerRequest request) {
        if (request.decoderResult().isFailure()) {
            invalid(request);
            return;
        }
        long now = now();
        var head = RequestHead.of(request.headers());
        var connection = guard.state(request.connection());
        var exchange = new Exchange(this, request, head, connection, now);
        if (connection != null && !guard.headArrived(connection, now, () -> bodyLate(exchange))) {
            request.connection().close();
            return;
        }
        try {
            handle(exchange);
        } catch (ProblemException e) {
            refuse(exchange, e);
        } catch (RuntimeException e) {
            log.error("event=request_failed", e);
            refuse(exchange, new ProblemException(Problem.INTERNAL, "a bug; the worker's log has more", e));
        }
    }

    private void bodyLate(Exchange exchange) {
        exchange.closeAfter();
        exchange.fail(new ProblemException(
                Problem.REQUEST_TIMEOUT,
                "the body did not arrive within " + shared.settings().bodyTimeout()));
    }

    /// Before the body was read: a small one is read and dropped, so that the connection lives; for a large one
    /// it is closed.
    void refuse(Exchange exchange, ProblemException e) {
        var head = exchange.head();
        if (head.isChunked() || head.contentLength() > SMALL_BODY_BYTES_MAX || head.expectsContinue()) {
            exchange.closeAfter();
        }
        discard(exchange);
        exchange.fail(e);
    }

    private static void discard(Exchange exchange) {
        exchange.request().handler(_ -> {});
        exchange.request().endHandler(_ -> exchange.bodyArrived());
    }

    private void handle(Exchange exchange) {
        var request = exchange.request();
        var head = exchange.head();
        var framing = head.framingError(request.version() != HttpVersion.HTTP_1_0);
        if (framing != null) {
            exchange.closeAfter();
            throw new ProblemException(Problem.INVALID_REQUEST, framing);
        }
        var path = request.path();
        if (path == null) {
            throw new ProblemException(Problem.INVALID_REQUEST, "no path (expected: an absolute path)");
        }
        var isPost = HttpMethod.POST.equals(request.method());
        var usual = isPost ? shared.versions().table().byInferPath(path) : null;
        if (usual != null) {
            requireSecret(head);
            infer(exchange, usual);
            return;
        }
        var target = router.route(path);
        if (target instanceof Target.Infer predict) {
            exchange.speaks(predict.form());
        }
        if (!(target instanceof Target.Live || target instanceof Target.Ready)) {
            requireSecret(head);
        }
        if (!target.allow().equals(request.method().name())) {
            discard(exchange);
            exchange.send(Reply.methodNotAllowed(target.allow(), exchange.requestId()));
            return;
        }
        if (target instanceof Target.Infer predict) {
            switch (router.held(predict.model(), predict.version())) {
                case ServedVersion served -> infer(exchange, served);
                case DormantVersion dormant -> demand(exchange, dormant.key());
            }
        } else if (target instanceof Target.Index) {
            request.body().onSuccess(body -> index(exchange, body));
        } else {
            discard(exchange);
            exchange.send(answer(target));
        }
    }

    private void requireSecret(RequestHead head) {
        if (!shared.settings().open() && !head.hasSecret(shared.serviceSecret())) {
            throw new ProblemException(
                    Problem.UNAUTHENTICATED, "this port is for Presage's own services: the service secret is needed");
        }
    }

    private void infer(Exchange exchange, ServedVersion version) {
        var head = exchange.head();
        head.checkMedia(exchange.form().takesAnyType());
        if (exchange.form() == Form.OIP) {
            head.jsonBytes();
        }
        var priority = head.priority();
        long deadlineNanos = exchange.arrivalNanos()
                + head.timeoutNanos(shared.settings().timeout().toNanos());
        long length = head.contentLength();
        if (length > shared.settings().bodyBytesMax().toBytes()) {
            throw bodyTooLarge();
        }
        if (!server.callBegins()) {
            exchange.closeAfter();
            throw ProblemException.retryAfter(Problem.SHUTTING_DOWN, "this worker is stopping", 1);
        }
        var isTaken = false;
        long reserved = Math.max(0, length);
        try {
            if (!version.acquire()) {
                // It went since it was looked up. If only its memory did, it comes back.
                demand(exchange, version.key());
                return;
            }
            version.touch(exchange.arrivalNanos());
            if (!shared.budget().tryReserve(reserved)) {
                version.release();
                throw overloaded();
            }
            isTaken = true;
        } finally {
            if (!isTaken) {
                server.callEnded();
            }
        }
        var call = new InferCall(this, exchange, version, priority, deadlineNanos, reserved);
        exchange.onBodyLate(call::bodyLate);
        call.receive();
        if (head.expectsContinue()) {
            exchange.request().response().writeContinue();
        }
    }

    /// The call goes on when the version is in memory again.
    private void demand(Exchange exchange, VersionKey key) {
        var head = exchange.head();
        head.checkMedia(exchange.form().takesAnyType());
        long deadlineNanos = exchange.arrivalNanos()
                + head.timeoutNanos(shared.settings().timeout().toNanos());
        new DormantCall(this, exchange, deadlineNanos).await(key);
    }

    /// For a call that has waited: as if it came now.
    void resume(Exchange exchange, ServedVersion version) {
        try {
            infer(exchange, version);
        } catch (ProblemException e) {
            refuse(exchange, e);
        } catch (RuntimeException e) {
            log.error("event=request_failed", e);
            refuse(exchange, new ProblemException(Problem.INTERNAL, "a bug; the worker's log has more", e));
        }
    }

    private void index(Exchange exchange, Buffer body) {
        exchange.bodyArrived();
        try {
            var readyOnly = false;
            if (body.length() > 0) {
                var node = shared.json().readTree(body.getBytes());
                var ready = node.get("ready");
                readyOnly = ready != null && ready.asBoolean(false);
            }
            exchange.send(Reply.json(shared.json().writeValueAsBytes(router.index(readyOnly))));
        } catch (JacksonException e) {
            exchange.fail(new ProblemException(
                    Problem.INVALID_REQUEST, "the body is no JSON (expected: nothing or {\"ready\": true})"));
        }
    }

    private Reply answer(Target target) {
        return switch (target) {
            case Target.Server _ -> json(serverMetadata());
            case Target.Live _ -> json(Map.of("live", true));
            case Target.Ready _ -> ready(server.isReady(), Map.of("ready", server.isReady()));
            case Target.Metadata(var model, var version) -> json(router.metadata(model, version));
            case Target.ModelReady(var model, var version) -> modelReady(model, version);
            case Target.Config(var model, var version) -> json(router.config(model, version));
            case Target.Statistics(var model, var version) -> json(statistics(model, version));
            case Target.Infer _, Target.Index _ ->
                throw new IllegalStateException("answered elsewhere. This is a bug.");
        };
    }

    private static Map<String, Object> serverMetadata() {
        var body = new LinkedHashMap<String, Object>();
        body.put("name", "presage");
        body.put("version", VERSION);
        body.put("extensions", List.of("binary_tensor_data", "model_configuration", "model_repository", "statistics"));
        return body;
    }

    private Map<String, Object> statistics(String model, int version) {
        long nowNanos = now();
        long nowMillis = shared.clock().millis();
        var all = new ArrayList<Map<String, Object>>();
        for (var held : router.heldVersions(model, version)) {
            var seen = held.statistics();
            long lastMillis = held instanceof ServedVersion served && seen.calls() + seen.failures() > 0
                    ? nowMillis - (nowNanos - served.usedNanos()) / 1_000_000
                    : 0;
            all.add(Descriptions.statistics(held, seen, lastMillis));
        }
        return Map.of("model_stats", all);
    }

    private Reply modelReady(String model, int version) {
        var body = new LinkedHashMap<String, Object>();
        body.put("name", model);
        try {
            router.held(model, version);
            body.put("ready", true);
            return json(body);
        } catch (ProblemException e) {
            if (e.problem() != Problem.VERSION_NOT_READY) {
                throw e;
            }
            body.put("ready", false);
            return ready(false, body);
        }
    }

    private Reply ready(boolean isReady, Map<String, ?> body) {
        return isReady ? json(body) : Reply.notReady(shared.json().writeValueAsBytes(body));
    }

    private Reply json(Object body) {
        return Reply.json(shared.json().writeValueAsBytes(body));
    }
}
