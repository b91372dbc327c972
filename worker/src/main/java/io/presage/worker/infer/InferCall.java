package io.presage.worker.infer;

import io.presage.contract.infer.InferRequestReader;
import io.presage.contract.infer.InferResponseWriter;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.batching.BatchCall;
import io.presage.worker.batching.Priority;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import io.presage.worker.versions.ServedVersion;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One predict call, from its head to its answer. It holds a lease on its version and room in the budget from
/// the start; [#finish] gives both back, exactly once, whatever happens.
///
/// The event loop receives the body. A small one for a light version that is quick enough is then run where it
/// is. Any other is prepared, on the loop when that costs little, else by the pool, and submitted to the
/// version's queue; the run thread calls back with the outputs and encodes the answer before the instance's
/// memory is used again. Only the event loop touches the exchange.
final class InferCall implements BatchCall.Answer {
    private static final Logger log = LoggerFactory.getLogger(InferCall.class);

    /// For threads other than event loops: preparing threads read, run threads write.
    private static final ThreadLocal<InferResponseWriter> WRITERS = ThreadLocal.withInitial(InferResponseWriter::new);

    private final LoopHandler loop;
    private final Exchange exchange;
    private final ServedVersion version;
    private final long deadlineNanos;
    private final Priority priority;
    private long reserved;
    private @Nullable Body body;
    /// Large tensors lie there; written before the call is submitted.
    private final List<ByteBuffer> pieces = new ArrayList<>(0);
    private boolean isArrived;
    private boolean isFinished;
    private long arrivedNanos;
    private long prepareNanos;

    /// Written by the event loop.
    private volatile boolean isAbandoned;

    private Form.@Nullable Asked asked;
    private Task.@Nullable Prepared prepared;

    /// The caller has acquired `version`, and reserved `reserved` bytes.
    InferCall(
            LoopHandler loop,
            Exchange exchange,
            ServedVersion version,
            Priority priority,
            long deadlineNanos,
            long reserved) {
        this.loop = loop;
        this.exchange = exchange;
        this.version = version;
        this.deadlineNanos = deadlineNanos;
        this.priority = priority;
        this.reserved = reserved;
    }

    void receive() {
        var http = exchange.request();
        http.handler(this::chunk);
        http.endHandler(_ -> arrived());
        http.exceptionHandler(_ -> broken());
    }

    private void chunk(Buffer chunk) {
        if (isFinished) {
            return;
        }
        var seen = body == null ? expected() : body;
        long length = (long) chunk.length() + seen.length();
        if (length > loop.shared().settings().bodyBytesMax().toBytes()) {
            exchange.closeAfter();
            fail(loop.bodyTooLarge());
            return;
        }
        if (length > reserved) {
            if (!loop.shared().budget().tryReserve(length - reserved)) {
                exchange.closeAfter();
                fail(loop.overloaded());
                return;
            }
            reserved = length;
        }
        seen.add(chunk);
        body = seen;
    }

    /// Room for the body that the head announces.
    private Body expected() {
        var head = exchange.head();
        long announced = head.contentLength();
        if (exchange.form() == Form.OIP && head.jsonLength() != null && head.bodyCoding() == ContentCoding.IDENTITY) {
            int jsonBytes = head.jsonBytes();
            int apart = Body.apartBytes(announced, jsonBytes);
            var piece = apart == 0 ? null : loop.shared().tensors().take(apart);
            if (piece != null) {
                pieces.add(piece);
                return Body.apart(announced, jsonBytes, piece);
            }
        }
        return new Body(announced);
    }

    /// The client went away before its body was complete.
    private void broken() {
        if (!isArrived) {
            finish();
        }
    }

    void bodyLate() {
        exchange.closeAfter();
        fail(new ProblemException(
                Problem.REQUEST_TIMEOUT,
                "the body did not arrive within " + loop.shared().settings().bodyTimeout()));
    }

    private void arrived() {
        if (isFinished) {
            return;
        }
        isArrived = true;
        exchange.bodyArrived();
        arrivedNanos = loop.now();
        var bytes = body == null ? new Body(0) : body;
        body = null;
        try {
            var runner = version.runner(loop.index());
            int inlineBytesMax =
                    (int) loop.shared().settings().inlineBodyBytesMax().toBytes();
            if (exchange.head().bodyCoding() != ContentCoding.IDENTITY) {
                watchCaller();
                loop.shared().pool().execute(() -> inflateAndSubmit(bytes.kept()));
            } else if (bytes.length() > inlineBytesMax || !version.task().isLight()) {
                watchCaller();
                loop.shared().pool().execute(() -> prepareAndSubmit(bytes.kept()));
            } else if (runner != null) {
                runHere(runner, bytes);
            } else {
                watchCaller();
                prepareAndSubmit(bytes.borrowed(loop));
            }
        } catch (ProblemException e) {
            fail(e);
        }
    }

    /// What waits for a caller that went away is not run.
    private void watchCaller() {
        exchange.request().response().closeHandler(_ -> isAbandoned = true);
    }

    @Override
    public boolean isAbandoned() {
        return isAbandoned;
    }

    private void runHere(LoadedModel runner, Body bytes) {
        try {
            loop.memory().reset();
            var read = exchange.form()
                    .read(loop.reader(), bytes.borrowed(loop), exchange.head().jsonLength(), version);
            var ready = read.prepare(version, loop.shared().callRowsMax());
            if (ready.rows() > loop.shared().settings().inlineRowsMax()) {
                watchCaller();
                submit(read, copied(ready), arrivedNanos);
                return;
            }
            long start = loop.now();
            prepareNanos = start - arrivedNanos;
            var outputs = runner.run(ready.inputs());
            long computeNanos = loop.now() - start;
            version.meters().ran(ready.rows(), 0, 0, computeNanos);
            var reply = read.answer(loop.writer(), version, ready, outputs);
            var coding = answerCoding(reply);
            if (coding == ContentCoding.IDENTITY) {
                answered(reply, prepareNanos, computeNanos);
            } else {
                packAndAnswer(reply, coding, prepareNanos, computeNanos);
            }
        } catch (ProblemException e) {
            fail(e);
        } catch (RuntimeException e) {
            fail(bug(e));
        }
    }

    /// On a preparing thread: a small body may hold a large one.
    private void inflateAndSubmit(Content packed) {
        try {
            var inflated = Inflation.inflate(
                    exchange.head().bodyCoding(),
                    packed.bytes(),
                    packed.length(),
                    loop.shared().settings().bodyBytesMax().toBytes(),
                    this::reserve);
            prepareAndSubmit(Content.of(inflated.bytes(), inflated.length()));
        } catch (ProblemException e) {
            failed(e);
        } catch (RuntimeException | OutOfMemoryError e) {
            failed(bug(e));
        }
    }

    private void reserve(int bytes) {
        if (!loop.shared().budget().tryReserve(bytes)) {
            throw loop.overloaded();
        }
        reserved += bytes;
    }

    /// On the event loop or a preparing thread.
    private void prepareAndSubmit(Content content) {
        try {
            long begunNanos = loop.now();
            requireWanted(begunNanos);
            var reader = new InferRequestReader(loop.shared().codecLimits(), this::allocate);
            var read = exchange.form().read(reader, content, exchange.head().jsonLength(), version);
            submit(read, read.prepare(version, loop.shared().callRowsMax()), begunNanos);
        } catch (ProblemException e) {
            failed(e);
        } catch (RuntimeException | OutOfMemoryError e) {
            failed(bug(e));
        }
    }

    private void requireWanted(long nowNanos) {
        if (isAbandoned) {
            throw new ProblemException(Problem.DEADLINE_EXCEEDED, "the caller went away; not run");
        }
        if (deadlineNanos - nowNanos <= 0) {
            throw new ProblemException(
                    Problem.DEADLINE_EXCEEDED, "the deadline passed before the call was prepared; not run");
        }
    }

    /// On a preparing thread: the next part of a call that is run in parts.
    private void prepareNext(Form.Asked more) {
        try {
            long begunNanos = loop.now();
            requireWanted(begunNanos);
            submit(more, more.prepare(version, loop.shared().callRowsMax()), begunNanos);
        } catch (ProblemException e) {
            failed(e);
        } catch (RuntimeException | OutOfMemoryError e) {
            failed(bug(e));
        }
    }

    /// Tensors that wait in a queue lie on the heap, or in direct memory if they are large, and count against the
    /// budget of bytes in flight.
    private ByteBuffer allocate(int bytes) {
        reserve(bytes);
        var piece = loop.shared().tensors().take(bytes);
        if (piece == null) {
            return TensorAllocator.HEAP.allocate(bytes);
        }
        pieces.add(piece);
        return piece.slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void submit(Form.Asked read, Task.Prepared ready, long begunNanos) {
        prepareNanos = loop.now() - begunNanos;
        asked = read;
        prepared = ready;
        version.submit(
                new BatchCall(ready, BatchCall.bytesOf(ready.inputs()), priority, arrivedNanos, deadlineNanos, this));
    }

    /// Out of the loop's memory, which the next call will use.
    private static Task.Prepared copied(Task.Prepared ready) {
        var inputs = ready.inputs().stream()
                .map(input -> switch (input) {
                    case Tensor.Bytes strings -> (Tensor) strings;
                    case Tensor.Fixed fixed -> {
                        int bytes = fixed.data().remaining();
                        var copy = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
                        copy.put(0, fixed.data(), fixed.data().position(), bytes);
                        yield new Tensor.Fixed(fixed.name(), fixed.dataType(), fixed.shape(), copy);
                    }
                })
                .toList();
        return new Task.Prepared(
                inputs,
                ready.rows(),
                ready.groupKey(),
                ready.length(),
                ready.tokens(),
                ready.unitsPerRow(),
                ready.context());
    }

    /// On a run thread: encoded here, because the outputs are gone after this.
    @Override
    public void outputs(List<Tensor> outputs, BatchCall.Timing timing) {
        try {
            if (asked == null || prepared == null) {
                throw new IllegalStateException("outputs for a call that was not submitted. This is a bug.");
            }
            var present = asked;
            if (present.hasMore()) {
                present.keep(prepared, outputs);
                loop.shared().pool().execute(() -> prepareNext(present));
                return;
            }
            var reply = present.answer(WRITERS.get(), version, prepared, outputs);
            var coding = answerCoding(reply);
            if (coding == ContentCoding.IDENTITY) {
                loop.onLoop(() -> answered(reply, timing.queueNanos(), timing.computeNanos()));
            } else {
                packAndAnswer(reply, coding, timing.queueNanos(), timing.computeNanos());
            }
        } catch (ProblemException e) {
            failed(e);
        } catch (RuntimeException | OutOfMemoryError e) {
            failed(bug(e));
        }
    }

    /// Only predict calls are answered packed: Triton's asyncio client asks for it always and unpacks but those.
    private ContentCoding answerCoding(Reply reply) {
        long bytesMin = loop.shared().settings().compressBytesMin().toBytes();
        return bytesMin == 0 || reply.body().length() < bytesMin
                ? ContentCoding.IDENTITY
                : exchange.head().answerCoding();
    }

    /// On any thread. Packing takes longer than most models: it holds up neither an event loop nor an instance,
    /// and is left out when the threads for it have enough to do.
    private void packAndAnswer(Reply reply, ContentCoding coding, long queueNanos, long computeNanos) {
        try {
            loop.shared().pool().execute(() -> {
                try {
                    var packed = Deflation.pack(reply, coding);
                    loop.onLoop(() -> answered(packed, queueNanos, computeNanos));
                } catch (RuntimeException | OutOfMemoryError e) {
                    failed(bug(e));
                }
            });
        } catch (ProblemException _) {
            loop.onLoop(() -> answered(reply, queueNanos, computeNanos));
        }
    }

    /// On any thread.
    @Override
    public void failed(ProblemException problem) {
        loop.onLoop(() -> fail(problem));
    }

    private ProblemException bug(Throwable e) {
        log.error("event=call_failed version={}", version.key(), e);
        return new ProblemException(Problem.INTERNAL, "a bug; the worker's log has more", e);
    }

    private void answered(Reply reply, long queueNanos, long computeNanos) {
        if (!isFinished) {
            version.meters().answered(queueNanos, prepareNanos, computeNanos, loop.now() - arrivedNanos);
            finish();
            exchange.send(reply);
        }
    }

    private void fail(ProblemException problem) {
        if (!isFinished && isAbandoned) {
            finish();
        } else if (!isFinished) {
            version.meters().failed(problem.problem(), loop.now() - exchange.arrivalNanos());
            finish();
            exchange.fail(problem);
        }
    }

    private void finish() {
        if (!isFinished) {
            isFinished = true;
            body = null;
            loop.shared().budget().release(reserved);
            // Every answer comes after the last look at the inputs.
            pieces.forEach(loop.shared().tensors()::giveBack);
            loop.callEnded();
            version.release();
        }
    }
}
