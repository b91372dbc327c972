package io.presage.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/// Runs the whole benchmark and writes the report. Started by `bench/run`, in the root of the checkout.
///
/// Options: `--quick`; `--references` leaves the services out; `--no-codec` leaves JMH out; `--models DIR`;
/// `--commit HASH` and `--out FILE` as `bench/run` sets them.
final class BenchMain {
    private final boolean quick;
    private final Path models;
    private final Path work;
    private final List<AutoCloseable> running = new ArrayList<>();

    private BenchMain(boolean quick, Path models, Path work) {
        this.quick = quick;
        this.models = models;
        this.work = work;
    }

    public static void main(String[] args) throws Exception {
        var options = Arrays.asList(args);
        boolean quick = options.contains("--quick");
        var work = Files.createTempDirectory("presage-bench");
        var bench = new BenchMain(quick, Path.of(value(options, "--models", "examples/models")), work);
        var stop = new Thread(bench::stop);
        Runtime.getRuntime().addShutdownHook(stop);
        var report = new Report(value(options, "--commit", "unknown"), quick);
        if (!options.contains("--no-codec")) {
            report.codec(bench.codec());
        }
        var services = options.contains("--references") ? null : bench.services();
        for (var workload : Workload.values()) {
            report.workload(workload, bench.measure(workload, services));
        }
        bench.stop();
        Runtime.getRuntime().removeShutdownHook(stop);
        deleteAll(work);
        var out = Path.of(value(options, "--out", "bench/reports/report.md"));
        Files.writeString(out, report.text());
        System.out.println("report: " + out);
    }

    private static String value(List<String> options, String name, String otherwise) {
        int at = options.lastIndexOf(name);
        return at >= 0 && at + 1 < options.size() ? options.get(at + 1) : otherwise;
    }

    private static void deleteAll(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private Services services() throws IOException, InterruptedException {
        say("starting Postgres, registry, worker and gateway");
        var services = new Services(Path.of(""), work);
        running.add(services);
        return services;
    }

    private Iterable<RunResult> codec() throws RunnerException {
        say("codec (JMH)");
        var options =
                new OptionsBuilder().include(CodecBenchmark.class.getName()).verbosity(VerboseMode.SILENT);
        if (quick) {
            options.measurementIterations(3).warmupIterations(2);
        }
        return new Runner(options.build()).run();
    }

    /// Every subject warm, then in turns, each round beginning with another one.
    private List<Results> measure(Workload workload, @Nullable Services services)
            throws IOException, InterruptedException {
        int before = running.size();
        var subjects = subjects(workload, services);
        var plan = Plan.of(workload, quick);
        var warmUps = new ArrayList<Long>();
        for (var subject : subjects) {
            warmUps.add(warmUp(subject, plan));
        }
        var loads = new ArrayList<List<Load>>();
        subjects.forEach(_ -> loads.add(new ArrayList<>()));
        for (int round = 0; round < plan.rounds(); round++) {
            say(workload.model() + ": round " + (round + 1) + " of " + plan.rounds());
            for (int i = 0; i < subjects.size(); i++) {
                int at = (round + i) % subjects.size();
                loads.get(at).add(subjects.get(at).run(plan.round()));
            }
        }
        var results = new ArrayList<Results>();
        for (int i = 0; i < subjects.size(); i++) {
            results.add(new Results(subjects.get(i).name(), warmUps.get(i), loads.get(i)));
        }
        stopFrom(before);
        return results;
    }

    private static long warmUp(Subject subject, Plan plan) throws IOException, InterruptedException {
        subject.awaitReady();
        long answered = 0;
        long until = System.nanoTime() + plan.warmUpLimit().toNanos();
        while (answered < plan.warmUpRequests() && System.nanoTime() < until) {
            answered += subject.run(Duration.ofSeconds(2)).requests();
        }
        say("warm: " + subject.name() + " after " + answered + " requests");
        return answered;
    }

    private List<Subject> subjects(Workload workload, @Nullable Services services)
            throws IOException, InterruptedException {
        var directory = modelDirectory(workload);
        var body = work.resolve(workload.model() + ".json");
        Files.writeString(body, workload.body());
        int cores = Runtime.getRuntime().availableProcessors();
        var subjects = new ArrayList<Subject>();

        var caller = InProcess.start(workload, directory, cores);
        running.add(caller.child());
        subjects.add(new Subject.Direct("ONNX Runtime in process, " + cores + " callers", caller));

        int nettyPort = Child.freePort();
        var netty = Child.start(
                "netty-" + workload.model(),
                work,
                Map.of(),
                Java.main(
                        NettyReference.class,
                        List.of(directory.toString(), workload.name(), Integer.toString(nettyPort))));
        running.add(netty);
        subjects.add(http("bare Netty", workload, nettyPort, List.of(), body, netty));

        int nginxPort = Child.freePort();
        var nginx = Nginx.start(work, nginxPort, nettyPort);
        running.add(nginx);
        subjects.add(http("nginx + bare Netty", workload, nginxPort, List.of(), body, nginx, netty));
        if (services != null) {
            addServices(subjects, workload, directory, body, services);
        }
        return subjects;
    }

    private void addServices(List<Subject> subjects, Workload workload, Path directory, Path body, Services services)
            throws IOException, InterruptedException {
        say("serving " + workload.model());
        var key = services.predictKey();
        services.serve(workload, directory, key, Files.readAllBytes(body));
        var worker = services.worker();
        subjects.add(http("worker", workload, services.workerPort(), Services.workerHeaders(), body, worker));
        int nginxPort = Child.freePort();
        var nginx = Nginx.start(work, nginxPort, services.workerPort());
        running.add(nginx);
        subjects.add(http("nginx + worker", workload, nginxPort, Services.workerHeaders(), body, nginx, worker));
        var authorization = List.of("Authorization: Bearer " + key);
        subjects.add(http(
                "gateway + worker", workload, services.gatewayPort(), authorization, body, services.gateway(), worker));
    }

    private static Subject http(
            String name, Workload workload, int port, List<String> headers, Path body, Child... measured) {
        return Subject.http(name, port, workload.path(), headers, body, workload.connections(), measured);
    }

    /// Files of the model as a package holds them; the embedding model's weights come from its Maven artifact.
    private Path modelDirectory(Workload workload) throws IOException {
        var source = models.resolve(workload.model());
        if (workload == Workload.TUMOUR) {
            return source;
        }
        var directory = Files.createDirectories(work.resolve("package-" + workload.model()));
        copyResource("/all-minilm-l6-v2-q.onnx", directory.resolve("model.onnx"));
        copyResource("/all-minilm-l6-v2-q-tokenizer.json", directory.resolve("tokenizer.json"));
        Files.copy(source.resolve("model.yaml"), directory.resolve("model.yaml"));
        return directory;
    }

    private static void copyResource(String name, Path target) throws IOException {
        try (InputStream resource = BenchMain.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            Files.copy(resource, target);
        }
    }

    private void stop() {
        stopFrom(0);
    }

    private synchronized void stopFrom(int first) {
        while (running.size() > first) {
            var each = running.removeLast();
            try {
                each.close();
            } catch (Exception e) {
                System.err.println("bench: " + each + " did not stop: " + e);
            }
        }
    }

    private static void say(String what) {
        System.out.println("bench: " + what);
    }
}
