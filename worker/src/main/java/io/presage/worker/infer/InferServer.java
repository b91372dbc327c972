package io.presage.worker.infer;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.contract.infer.CodecLimits;
import io.presage.worker.versions.Versions;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/// The inference port's life: listens on as many event loops as cores, refuses new calls once told to, waits
/// for those in flight, and closes. Started and stopped by one thread; counted by the event loops.
public final class InferServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(InferServer.class);
    private static final Duration START_WAIT = Duration.ofSeconds(30);

    private final Surroundings shared;
    private final AtomicInteger connections = new AtomicInteger();
    private final CallCount calls = new CallCount();
    private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
    private @Nullable Vertx vertx;
    private volatile boolean draining;
    private volatile int port;

    /// `callRowsMax`: rows of one call.
    public InferServer(
            Versions versions,
            HttpSettings settings,
            String serviceSecret,
            int callRowsMax,
            MeterRegistry meters,
            JsonMapper json,
            InstantSource clock,
            LongSupplier nanos) {
        int threads = settings.prepareThreads() == 0 ? cores() : settings.prepareThreads();
        int tensorBytesMax = (int) Math.min(
                CodecLimits.DEFAULT.tensorBytesMax(),
                4 * settings.bodyBytesMax().toBytes());
        var limits = new CodecLimits(
                Math.max(1, tensorBytesMax),
                CodecLimits.DEFAULT.tensorsMax(),
                CodecLimits.DEFAULT.nestingMax(),
                CodecLimits.DEFAULT.nameBytesMax());
        this.shared = new Surroundings(
                versions,
                settings,
                serviceSecret,
                callRowsMax,
                limits,
                new ByteBudget(settings.inflightBytesMax().toBytes()),
                new TensorMemory(),
                new PreparePool(threads, settings.prepareQueueMax()),
                new Shed(meters),
                json,
                clock,
                nanos);
        Gauge.builder("presage.inflight.bytes", shared.budget(), ByteBudget::bytes)
                .description("Bodies and tensors of calls that are received or wait")
                .register(meters);
        Gauge.builder("presage.inflight.calls", calls, CallCount::count)
                .description("Calls between their head and their answer")
                .register(meters);
        Gauge.builder("presage.prepare.queue.calls", shared.pool(), PreparePool::waiting)
                .description("Calls that wait to be prepared")
                .register(meters);
        Gauge.builder("presage.connections", connections, AtomicInteger::get)
                .description("Open connections to the inference port")
                .register(meters);
    }

    private static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    /// Event loops for these settings.
    public static int eventLoops(HttpSettings settings) {
        return settings.eventLoops() == 0 ? cores() : settings.eventLoops();
    }

    /// Listens; returns when it does.
    ///
    /// @throws IllegalStateException naming the address when it cannot be listened on
    public void start() {
        var settings = shared.settings();
        int loops = eventLoops(settings);
        var options = new VertxOptions()
                .setEventLoopPoolSize(loops)
                .setPreferNativeTransport(true)
                .setUseDaemonThread(true)
                // A call on an event loop is bounded by what is let onto it; a stalled machine is no news here.
                .setBlockedThreadCheckInterval(TimeUnit.HOURS.toMillis(1));
        options.getFileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false);
        var started = Vertx.vertx(options);
        vertx = started;
        var index = new AtomicInteger();
        try {
            // A negative port is Vert.x's way to say: any free one, and all event loops the same.
            int listenPort = settings.port() == 0 ? -1 : settings.port();
            await(started.deployVerticle(
                    () -> new Loop(index.getAndIncrement(), listenPort), new DeploymentOptions().setInstances(loops)));
            port = servers.getFirst().actualPort();
        } catch (IllegalStateException e) {
            close();
            throw new IllegalStateException(
                    "worker.http: cannot listen on " + settings.host() + ":" + settings.port() + ": "
                            + (e.getCause() == null
                                    ? e.getMessage()
                                    : e.getCause().getMessage())
                            + " (expected: a free port of this machine)",
                    e);
        }
        log.info("event=listening service=worker host={} port={} event_loops={}", settings.host(), port, loops);
    }

    /// The port that is listened on.
    public int port() {
        return port;
    }

    boolean isReady() {
        return shared.versions().isApplied() && !draining;
    }

    boolean connectionOpened() {
        return connections.incrementAndGet() <= shared.settings().connectionsMax();
    }

    void connectionClosed() {
        connections.decrementAndGet();
    }

    /// False when no new calls are taken; true obliges to one [#callEnded].
    boolean callBegins() {
        return calls.begin();
    }

    void callEnded() {
        calls.end();
    }

    /// Says "not ready" from now on, and goes on answering.
    public void drain() {
        draining = true;
    }

    /// Refuses new calls with SHUTTING_DOWN and waits up to `wait` for those in flight. True when none is left.
    public boolean refuse(Duration wait) throws InterruptedException {
        draining = true;
        return calls.shutAndAwait(wait);
    }

    @Override
    public void close() {
        draining = true;
        shared.pool().close();
        var running = vertx;
        if (running != null) {
            for (var server : servers) {
                await(server.shutdown(1, TimeUnit.SECONDS));
            }
            await(running.close());
            vertx = null;
        }
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.await(START_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("event loops did not answer within " + START_WAIT, e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            // Vert.x throws the future's own cause, whatever it is.
            throw new IllegalStateException(e);
        }
    }

    /// One event loop's server.
    private final class Loop extends VerticleBase {
        private final int index;
        private final int listenPort;

        Loop(int index, int listenPort) {
            this.index = index;
            this.listenPort = listenPort;
        }

        @Override
        public Future<?> start() {
            var settings = shared.settings();
            var handler = new LoopHandler(index, shared, InferServer.this, context);
            int headerBytesMax = (int) settings.headerBytesMax().toBytes();
            var server = vertx.createHttpServer(new HttpServerOptions()
                    .setHost(settings.host())
                    .setPort(listenPort)
                    .setTcpNoDelay(true)
                    .setAcceptBacklog(1024)
                    .setMaxHeaderSize(headerBytesMax)
                    .setMaxInitialLineLength(headerBytesMax)
                    .setMaxChunkSize(64 << 10)
                    .setHttp2ClearTextEnabled(false)
                    .setHandle100ContinueAutomatically(false)
                    .setCompressionSupported(false)
                    .setDecompressionSupported(false));
            server.requestHandler(handler);
            server.invalidRequestHandler(handler::invalid);
            server.connectionHandler(handler::opened);
            vertx.setPeriodic(1000, _ -> handler.guard().sweep(handler.now()));
            Promise<HttpServer> listening = Promise.promise();
            server.listen().onComplete(listening);
            return listening.future().onSuccess(servers::add);
        }
    }
}
