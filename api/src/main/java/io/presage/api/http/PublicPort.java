package io.presage.api.http;

import io.presage.contract.problem.Problem;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// The gateway's public address. Started last and stopped first of all beans; both block their caller, never an
/// event loop.
public final class PublicPort implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(PublicPort.class);

    private final PublicLoop.Shared shared;
    private final TlsKeys keys;
    private final RandomGenerator.SplittableGenerator random;
    private final List<PublicLoop> loops = new CopyOnWriteArrayList<>();
    private @Nullable Vertx vertx;

    /// `application` makes the handler of one event loop; it is called on that loop, with chance of its own.
    public PublicPort(
            HttpProperties properties,
            TlsKeys keys,
            BiFunction<Vertx, RandomGenerator, Handler<Exchange>> application,
            Consumer<Problem> refusals,
            LongSupplier nanos,
            RandomGenerator.SplittableGenerator random) {
        this.shared = new PublicLoop.Shared(properties, application::apply, refusals, nanos);
        this.keys = keys;
        this.random = random;
    }

    /// @throws IllegalStateException in one line, if the address cannot be had, or its certificate not be used
    @Override
    public synchronized void start() {
        var identity = keys.isOn() ? keys.first() : null;
        int configured = shared.properties().eventLoops();
        int count = configured == 0 ? Runtime.getRuntime().availableProcessors() : configured;
        var started = Vertx.vertx(new VertxOptions()
                .setPreferNativeTransport(true)
                .setEventLoopPoolSize(count)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        vertx = started;
        try {
            started.deployVerticle(() -> loop(identity), new DeploymentOptions().setInstances(count))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            stop();
            var cause = e.getCause() == null ? e : e.getCause();
            throw new IllegalStateException(
                    "cannot listen on gateway.http " + shared.properties().host() + ":"
                            + shared.properties().port() + ": " + cause.getMessage(),
                    cause);
        }
        if (identity != null) {
            // All loops share the server of the first.
            keys.watch(next -> loops.getFirst().use(next));
        }
        log.info(
                "event=listening port={} host={} loops={}",
                port(),
                shared.properties().host(),
                count);
    }

    private PublicLoop loop(@Nullable TlsIdentity identity) {
        var loop = new PublicLoop(shared, identity, random.split());
        loops.add(loop);
        return loop;
    }

    /// The actual one; -1 while it is not open.
    public int port() {
        return loops.isEmpty() ? -1 : loops.getFirst().port();
    }

    @Override
    public synchronized void stop() {
        var running = vertx;
        if (running == null) {
            return;
        }
        vertx = null;
        stopWatching();
        long waitMillis = shared.properties().stopTimeout().toMillis() + 5000;
        try {
            Future.join(loops.stream().map(PublicLoop::shutDown).toList())
                    .transform(_ -> running.close())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .orTimeout(waitMillis, TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            log.warn("event=stop-unfinished waited_ms={}", waitMillis, e);
        }
        loops.clear();
    }

    private void stopWatching() {
        try {
            keys.stop();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return vertx != null;
    }

    /// After every other bean is there; before any goes.
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
