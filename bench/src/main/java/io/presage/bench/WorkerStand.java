package io.presage.bench;

import io.presage.contract.http.Headers;
import io.presage.contract.state.ValidationResult;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The shipped worker as a process, with a [RegistryStand] in place of the registry. One thread.
final class WorkerStand implements AutoCloseable {
    private final Stage stage;
    private final RegistryStand registry = new RegistryStand();
    private final Path directory;
    private final List<String> flags;
    private final List<String> settings;
    private final int port = Child.freePort();
    private final int managementPort = Child.freePort();
    private final Map<String, ValidationResult.Profile> served = new HashMap<>();
    private final Child child;

    /// @param flags of its JVM
    /// @param settings `--worker...=...`
    private WorkerStand(Stage stage, List<String> flags, List<String> settings)
            throws IOException, InterruptedException {
        this.stage = stage;
        this.directory = stage.directory("worker");
        this.flags = flags;
        this.settings = settings;
        this.child = startChild();
    }

    static WorkerStand start(Stage stage, List<String> flags, String... settings)
            throws IOException, InterruptedException {
        return stage.keep(new WorkerStand(stage, flags, Arrays.asList(settings)));
    }

    private Child startChild() throws IOException, InterruptedException {
        Stage.say("starting a worker");
        var arguments = new ArrayList<>(List.of(
                "--server.address=127.0.0.1",
                "--server.port=" + managementPort,
                "--worker.id=bench",
                "--worker.http.host=127.0.0.1",
                "--worker.http.port=" + port,
                "--worker.advertised-host=127.0.0.1",
                "--worker.registry-url=" + registry.url(),
                "--worker.data-directory=" + directory));
        arguments.addAll(settings);
        var jar = stage.root().resolve("worker/target/presage-worker-exec.jar");
        var started = Child.start(
                "worker",
                directory,
                Map.of("PRESAGE_SERVICE_SECRET", RegistryStand.SECRET),
                Java.jar(flags, jar, arguments));
        registry.awaitWorker();
        return started;
    }

    Child child() {
        return child;
    }

    RegistryStand registry() {
        return registry;
    }

    int port() {
        return port;
    }

    /// Where its metrics are.
    int managementPort() {
        return managementPort;
    }

    /// Validates the package, as the registry would have it done, and assigns it with what was measured; waits
    /// until it is Ready. A model that is served already stays as it is.
    ValidationResult.Profile serve(String model, Path packageDirectory) throws IOException, InterruptedException {
        var before = served.get(model);
        if (before != null) {
            return before;
        }
        Stage.say("serving " + model);
        var upload = Packages.zip(packageDirectory);
        var profile = registry.validate(model, upload);
        registry.assign(model, upload, profile.tuning());
        registry.awaitReady(model);
        served.put(model, profile);
        return profile;
    }

    void remove(String model) throws InterruptedException {
        registry.unassign(model);
        registry.awaitGone(model);
        served.remove(model);
    }

    /// Runs of a model so far, and the rows in them.
    ///
    /// @param runs that the worker counted
    record Runs(double runs, double rows) {
        /// Rows of one run since `earlier`.
        double meanSince(Runs earlier) {
            return (rows - earlier.rows) / Math.max(1, runs - earlier.runs);
        }
    }

    Runs runs(String model) throws IOException, InterruptedException {
        var uri = URI.create("http://127.0.0.1:" + managementPort + "/actuator/prometheus");
        try (var client = HttpClient.newHttpClient()) {
            var page = client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
            return new Runs(
                    metric(page, "presage_batch_rows_count", model), metric(page, "presage_batch_rows_sum", model));
        }
    }

    private static double metric(String page, String name, String model) {
        return page.lines()
                .filter(line -> line.startsWith(name + "{") && line.contains("model=\"" + model + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    static String path(String model) {
        return "/v2/models/" + model + "/infer";
    }

    /// What wrk sends it.
    Wrk.Target target(String model, Call... calls) throws IOException {
        return target(model, List.of(), calls);
    }

    Wrk.Target target(String model, List<String> headers, Call... calls) throws IOException {
        var all = new ArrayList<>(headers);
        all.add(Headers.SERVICE_SECRET + ": " + RegistryStand.SECRET);
        return Wrk.Target.of(stage, "http://127.0.0.1:" + port + path(model), all, calls);
    }

    @Override
    public void close() {
        child.close();
        registry.close();
    }
}
