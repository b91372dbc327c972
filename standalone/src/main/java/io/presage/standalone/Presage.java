package io.presage.standalone;

import io.presage.standalone.data.DataDirectory;
import io.presage.standalone.data.StartException;
import io.presage.standalone.demo.Demo;
import io.presage.standalone.demo.DemoOutcome;
import io.presage.standalone.demo.Patience;
import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/// `./presage up`: all of Presage in this process. The main thread starts it, tells the person at the terminal,
/// and waits; Ctrl-C or SIGTERM runs the hook that stops it. What goes wrong while it starts is one line on
/// standard error and exit code 1; 2 for a command line that cannot be read.
public final class Presage {
    private static final Duration MODEL_MAX = Duration.ofMinutes(3);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    private final Options options;
    private final PrintStream out;
    private final long startNanos = System.nanoTime();
    private volatile boolean stopping;

    public static void main(String[] arguments) throws InterruptedException {
        Options options;
        try {
            options = Options.parse(List.of(arguments));
        } catch (StartException e) {
            fail(e, 2);
            return;
        }
        var presage = new Presage(options, System.out);
        try {
            presage.run();
        } catch (StartException e) {
            presage.giveUp(e);
        } catch (IOException e) {
            presage.giveUp(new StartException(
                    options.data() + ": " + e + " (see " + options.data() + "/logs/presage.log)", e));
        }
    }

    private Presage(Options options, PrintStream out) {
        this.options = options;
        this.out = out;
    }

    private void run() throws IOException, InterruptedException {
        var data = DataDirectory.open(options.data());
        logTo(data.resolve("logs"));
        int port = freePort(options.port());
        var platform = new Platform(data, port, new SecureRandom());
        stopOnExit(platform);
        say("Presage starts. Data: " + options.data() + "  Log: "
                + options.data().resolve("logs/presage.log"));
        platform.start();
        say("Postgres, registry, worker and gateway run");
        var models = options.demo() ? loadDemo(data, address(port)) : List.<String>of();
        if (options.prepare()) {
            System.exit(0);
        }
        welcome(address(port), models);
        new CountDownLatch(1).await();
    }

    /// Silent when the start failed because it was interrupted: then the hook already runs.
    private void giveUp(StartException e) {
        if (!stopping) {
            fail(e, 1);
        }
    }

    private static String address(int port) {
        return "http://localhost:" + port;
    }

    /// The demo models that answer.
    private List<String> loadDemo(DataDirectory data, String address) throws IOException, InterruptedException {
        var key = Files.readString(data.resolve("admin.key")).strip();
        var models = new ArrayList<String>();
        Demo.load(URI.create(address), key, data.resolve("demo"), patience(), outcome -> {
            switch (outcome) {
                case DemoOutcome.Loaded(var name, var title) -> {
                    models.add(name);
                    say("Loaded " + name + ": " + title);
                }
                case DemoOutcome.Present present -> models.add(present.model());
                case DemoOutcome.LeftOut(var name, var line) -> say("Left out " + name + ": " + line);
            }
        });
        return models;
    }

    private void welcome(String address, List<String> models) {
        var key = options.data().resolve("admin.key");
        var text = new StringBuilder("\nPresage is up at ").append(address);
        text.append("\nThe admin key lies in ").append(key);
        if (!models.isEmpty()) {
            text.append("\nModels: ").append(String.join(", ", models));
        }
        text.append("\nTry:\n\n");
        new Welcome(address, key, options.home())
                .commands(models)
                .forEach(line -> text.append("  ").append(line).append("\n"));
        text.append("\nCtrl-C stops it.");
        out.println(text);
        out.flush();
    }

    private void stopOnExit(Platform platform) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            stopping = true;
                            say("Presage stops");
                            platform.close();
                            say("Presage has stopped");
                        },
                        "stop"));
    }

    private void say(String line) {
        out.printf("%6.1f s  %s%n", (System.nanoTime() - startNanos) / 1e9, line);
        out.flush();
        LoggerFactory.getLogger(Presage.class).info(line);
    }

    private static Patience patience() {
        return condition -> {
            var deadline = System.nanoTime() + MODEL_MAX.toNanos();
            while (!condition.holds()) {
                if (System.nanoTime() > deadline) {
                    return false;
                }
                Thread.sleep(LOOK_AGAIN);
            }
            return true;
        };
    }

    /// Three Boot contexts would each set up the one logging system that this process has: none does, and
    /// `logback.xml` says all of it. Must run before the first logger is made.
    private static void logTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        System.setProperty("org.springframework.boot.logging.LoggingSystem", "none");
        System.setProperty("log.directory", folder.toString());
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    /// `port` itself, or any free one for 0.
    private static int freePort(int port) throws IOException {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
            return socket.getLocalPort();
        } catch (BindException e) {
            throw new StartException(
                    "port " + port + ": " + (port < 1024 && port > 0 ? "not allowed or taken" : "taken")
                            + " (stop what listens there, or choose another with --port N)",
                    e);
        }
    }

    private static void fail(StartException e, int exitCode) {
        System.err.println("presage: " + e.line());
        System.exit(exitCode);
    }
}
