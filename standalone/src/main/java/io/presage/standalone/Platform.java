package io.presage.standalone;

import io.presage.standalone.data.DataDirectory;
import io.presage.standalone.data.Secret;
import io.presage.standalone.data.StartException;
import io.presage.standalone.postgres.PostgresServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;

/// Postgres and the three services, running. Worker and gateway start beside Postgres and registry: both live
/// without a registry anyway, so its absence for a second or two is nothing to them.
///
/// [#start] runs on one thread, [#close] on another, also while [#start] is still busy: what has begun to start
/// is awaited and stopped, in the order in which calls flow, so that none is lost: gateway, worker, registry,
/// Postgres.
final class Platform implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Platform.class);
    private static final Duration STEP_MAX = Duration.ofSeconds(15);

    private final DataDirectory data;
    private final FutureTask<PostgresServer> postgres;
    private final Map<String, FutureTask<ConfigurableApplicationContext>> services = new LinkedHashMap<>();

    /// Starts nothing yet.
    Platform(DataDirectory data, int port, RandomGenerator random) throws IOException {
        this.data = data;
        this.postgres = new FutureTask<>(
                () -> PostgresServer.start(data.resolve("postgres"), data.resolve("logs/postgres.log"), random));
        var secret = Secret.readOrCreate(data.resolve("service.secret"), random);
        var settings = new Services(data, secret, freePort(), freePort());
        services.put("gateway", new FutureTask<>(() -> settings.gateway(port).start()));
        services.put("worker", new FutureTask<>(() -> settings.worker().start()));
        services.put(
                "registry",
                new FutureTask<>(() -> settings.registry(postgres.get()).start()));
    }

    /// Blocks until everything runs.
    ///
    /// @throws StartException when something does not start; the caller closes the rest
    void start() throws InterruptedException {
        Thread.ofPlatform().name("start-postgres").start(postgres);
        services.forEach(
                (name, task) -> Thread.ofPlatform().name("start-" + name).start(task));
        await("Postgres", postgres);
        for (var service : services.entrySet()) {
            await(service.getKey(), service.getValue());
        }
    }

    /// Bounded: at most 15 s for each of the four.
    @Override
    public void close() {
        services.forEach((name, task) -> stop(name, () -> {
            task.get().close();
            return name;
        }));
        stop("Postgres", () -> {
            postgres.get().close();
            return "Postgres";
        });
    }

    private void await(String name, FutureTask<?> task) throws InterruptedException {
        try {
            task.get();
        } catch (ExecutionException e) {
            log.error("{} does not start", name, e);
            throw explain(name, e);
        }
    }

    private StartException explain(String name, Throwable failure) {
        var causes = causes(failure);
        for (var cause : causes) {
            if (cause instanceof StartException known) {
                return known;
            }
        }
        var root = causes.getLast();
        var why = root instanceof BindException ? "its port was taken meanwhile" : String.valueOf(root.getMessage());
        return new StartException(
                name + " does not start: " + why.lines().findFirst().orElse("") + " (see "
                        + data.resolve("logs/presage.log") + ")",
                failure);
    }

    private static List<Throwable> causes(Throwable failure) {
        var causes = new ArrayList<Throwable>();
        for (var cause = failure; cause != null && !causes.contains(cause); cause = cause.getCause()) {
            causes.add(cause);
        }
        return causes;
    }

    /// What never came up has nothing to stop.
    private static void stop(String name, Callable<String> action) {
        var stop = new FutureTask<>(action);
        Thread.ofPlatform().name("stop-" + name).daemon().start(stop);
        try {
            stop.get(STEP_MAX.toMillis(), TimeUnit.MILLISECONDS);
            log.info("stopped what={}", name);
        } catch (ExecutionException e) {
            log.warn("not stopped what={}", name, e);
        } catch (TimeoutException e) {
            log.warn("not stopped within {} s what={}", STEP_MAX.toSeconds(), name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
