package io.presage.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/// 10,000 models in the routing table: what a gateway under load loses while one route changes each second, and
/// how long a change takes until calls at two gateways show it.
final class RoutesPart implements Part {
    private static final String STEADY = "nothing changes";
    private static final String AGAIN = "nothing changes, once more";
    private static final String CHANGING = "one route a second";
    private static final String CALLED = "m1";
    private static final double MILLIS = 1e6;

    @Override
    public String name() {
        return "routes";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        int nettyPort = Child.freePort();
        var target = ChainPart.netty(stage, stage.models().tumour(), Workload.TUMOUR, nettyPort);
        Stage.say("starting Postgres, registry and two gateways with " + RoutesStand.MODELS + " models");
        var stand = stage.keep(new RoutesStand(stage.root(), stage.directory("routes"), nettyPort));
        var changes = new Changes(stand, Call.json(Workload.TUMOUR.body()).body());
        var load = Subject.http(
                STEADY,
                Wrk.Target.of(
                        stage,
                        stand.url(0, CALLED),
                        List.of("Authorization: Bearer " + stand.key()),
                        Call.json(Workload.TUMOUR.body())),
                Workload.TUMOUR.connections(),
                stand.gateway(0));
        target.requireAlive();
        load.awaitReady();
        var plan = stage.isQuick()
                ? new Plan(2, Duration.ofSeconds(6), 30_000, Duration.ofSeconds(6))
                : new Plan(9, Duration.ofSeconds(10), 200_000, Duration.ofSeconds(20));
        long warmUp = load.run(plan.warmUpLimit()).requests();
        changes.warm(stage.isQuick() ? 10 : 30);

        Stage.say("changes while nothing else happens");
        var calm = changes.take(stage.isQuick() ? 10 : 40);
        var loaded = new ArrayList<Double>();
        var rounds = rounds(plan, load, changes, loaded);
        write(report, rounds, warmUp, calm, loaded);
    }

    /// The three stretches of a round, each round beginning with another one.
    private record Rounds(List<Load> steady, List<Load> again, List<Load> changing, List<Double> registryMillis) {
        List<Load> of(int subject) {
            return switch (subject) {
                case 0 -> steady;
                case 1 -> again;
                default -> changing;
            };
        }

        /// What a round took while routes changed, of what it took on average while none did.
        List<Double> changed(ToDoubleFunction<Load> value) {
            return IntStream.range(0, changing.size())
                    .mapToObj(i -> 2
                            * value.applyAsDouble(changing.get(i))
                            / (value.applyAsDouble(steady.get(i)) + value.applyAsDouble(again.get(i))))
                    .toList();
        }

        /// What two stretches without changes differ by.
        List<Double> noise(ToDoubleFunction<Load> value) {
            return IntStream.range(0, again.size())
                    .mapToObj(i -> value.applyAsDouble(again.get(i)) / value.applyAsDouble(steady.get(i)))
                    .toList();
        }
    }

    private static String spread(List<Double> ratios) {
        return "%s (%s..%s)"
                .formatted(
                        Report.ratio(Results.median(ratios)),
                        Report.ratio(Collections.min(ratios)),
                        Report.ratio(Collections.max(ratios)));
    }

    private static Rounds rounds(Plan plan, Subject load, Changes changes, List<Double> loaded)
            throws IOException, InterruptedException {
        var rounds = new Rounds(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int round = 0; round < plan.rounds(); round++) {
            Stage.say("routes: round " + (round + 1) + " of " + plan.rounds());
            for (int i = 0; i < 3; i++) {
                int subject = (round + i) % 3;
                rounds.of(subject)
                        .add(
                                subject < 2
                                        ? load.run(plan.round())
                                        : whileChanging(load, plan.round(), changes, loaded, rounds.registryMillis()));
            }
        }
        return rounds;
    }

    private static Load whileChanging(
            Subject load, Duration duration, Changes changes, List<Double> loaded, List<Double> registryMillis)
            throws IOException, InterruptedException {
        var stop = new AtomicBoolean();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var changing = threads.submit(() -> changes.eachSecond(stop));
            try {
                long before = changes.registryMicros();
                var measured = load.run(duration);
                registryMillis.add((changes.registryMicros() - before) / 1e3 / duration.toSeconds());
                return measured;
            } finally {
                stop.set(true);
                loaded.addAll(changing.get());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a change failed: " + e.getCause(), e);
        }
    }

    /// Moves routes, one after the other, and looks until every gateway shows each.
    private static final class Changes {
        private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(30);

        private final RoutesStand stand;
        private final byte[] body;
        private int next = 1;

        Changes(RoutesStand stand, byte[] body) {
            this.stand = stand;
            this.body = body;
        }

        long registryMicros() {
            return stand.registry().cpuMicros();
        }

        void warm(int count) throws IOException, InterruptedException {
            take(count);
        }

        /// Milliseconds from the control API's answer until a call at the last gateway showed the change.
        List<Double> take(int count) throws IOException, InterruptedException {
            var taken = new ArrayList<Double>();
            for (int i = 0; i < count; i++) {
                taken.add(one());
                TimeUnit.MILLISECONDS.sleep(100);
            }
            return taken;
        }

        List<Double> eachSecond(AtomicBoolean stop) throws IOException, InterruptedException {
            var taken = new ArrayList<Double>();
            long due = System.nanoTime();
            while (!stop.get()) {
                taken.add(one());
                due += TimeUnit.SECONDS.toNanos(1);
                TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
            }
            return taken;
        }

        private double one() throws IOException, InterruptedException {
            // 7919 is prime to the number of models: each gets its turn before one comes again.
            next = (next + 7919) % RoutesStand.MODELS;
            var model = "m" + (next + 1);
            int version = 3 - stand.version(0, model, body);
            stand.promote(model, version);
            long answered = System.nanoTime();
            for (int gateway = 0; gateway < stand.gateways(); gateway++) {
                while (stand.version(gateway, model, body) != version) {
                    if (System.nanoTime() - answered > GIVE_UP_NANOS) {
                        throw new IllegalStateException(model + "/" + version + " never came to gateway " + gateway);
                    }
                    TimeUnit.MILLISECONDS.sleep(1);
                }
            }
            return (System.nanoTime() - answered) / MILLIS;
        }
    }

    private static void write(Report report, Rounds rounds, long warmUp, List<Double> calm, List<Double> loaded) {
        report.section("Route changes with " + RoutesStand.MODELS + " models", """
                Registry, Postgres and two gateways; %,d models with two Ready versions each on three workers, %,d keys. wrk calls one
                model at the first gateway, which forwards to a bare Netty server; all of it, with the registry and Postgres, on
                the same machine. A change is a promote of another model. The time is from the control API's answer until a call at each
                of both gateways was answered by the promoted version; calls that look are 1 ms apart and are in it.
                """.formatted(
                RoutesStand.MODELS, RoutesStand.KEYS).strip());
        var steady = new Results(STEADY, warmUp, rounds.steady());
        var again = new Results(AGAIN, warmUp, rounds.again());
        var changing = new Results(CHANGING, warmUp, rounds.changing());
        report.loads(List.of(steady, again, changing));
        var throughputs = rounds.changed(Load::requestsPerSecond);
        var cpus = rounds.changed(Load::cpuMicrosPerRequest);
        double throughput = Results.median(throughputs);
        double cpu = Results.median(cpus);
        report.table(List.of(
                List.of("median, least and most of the rounds", "throughput", "CPU an item"),
                List.of(
                        AGAIN + ", against \"" + STEADY + "\"",
                        spread(rounds.noise(Load::requestsPerSecond)),
                        spread(rounds.noise(Load::cpuMicrosPerRequest))),
                List.of(CHANGING + ", against the mean of both", spread(throughputs), spread(cpus))));
        report.line("");
        report.table(List.of(
                List.of("until in force, ms", "changes", "p50", "p95", "max"),
                times("nothing else happens", calm),
                times("under saturating load", loaded)));
        report.line("");
        report.line("CPU of the registry while one route changes each second: "
                + Report.tenths(Results.median(rounds.registryMillis())) + " ms a second.");
        report.verdict(
                Verdict.atLeast("throughput while one of 10,000 routes changes each second", 0.97, throughput, ""));
        report.verdict(Verdict.atMost("CPU an item while one of 10,000 routes changes each second", 1.03, cpu, ""));
        report.verdict(Verdict.atMost("change in force at every gateway, longest", 200, quantile(calm, 1), " ms"));
        report.verdict(Verdict.atMost(
                "change in force at every gateway under load, longest", 200, quantile(loaded, 1), " ms"));
    }

    private static List<String> times(String what, List<Double> millis) {
        return List.of(
                what,
                Integer.toString(millis.size()),
                Report.tenths(quantile(millis, 0.5)),
                Report.tenths(quantile(millis, 0.95)),
                Report.tenths(quantile(millis, 1)));
    }

    private static double quantile(List<Double> values, double share) {
        var sorted = values.stream().mapToDouble(each -> each).toArray();
        Arrays.sort(sorted);
        return sorted[(int) Math.ceil(share * sorted.length) - 1];
    }
}
