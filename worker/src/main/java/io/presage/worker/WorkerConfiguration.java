package io.presage.worker;

import com.sun.management.OperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.presage.contract.http.Headers;
import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import io.presage.hosting.ServiceProperties;
import io.presage.worker.artifacts.ArtifactCache;
import io.presage.worker.artifacts.HttpArtifactSource;
import io.presage.worker.baked.BakedIn;
import io.presage.worker.baked.BakedInFeed;
import io.presage.worker.baked.BakedInPackages;
import io.presage.worker.baked.DjlProperties;
import io.presage.worker.batching.RunPool;
import io.presage.worker.derivation.Derivations;
import io.presage.worker.derivation.HttpDerivationSink;
import io.presage.worker.derivation.SiblingMaker;
import io.presage.worker.engine.Cpu;
import io.presage.worker.engine.CudaDriver;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.Devices;
import io.presage.worker.engine.Engines;
import io.presage.worker.engine.onnx.OnnxEngine;
import io.presage.worker.engine.packs.InstalledEngines;
import io.presage.worker.engine.packs.PackChild;
import io.presage.worker.engine.process.ChildCommand;
import io.presage.worker.engine.process.ChildProcesses;
import io.presage.worker.feed.RegistryClient;
import io.presage.worker.feed.RegistryFeed;
import io.presage.worker.feed.SnapshotFile;
import io.presage.worker.feed.WorkerIdentity;
import io.presage.worker.infer.InferServer;
import io.presage.worker.machine.NativeMemory;
import io.presage.worker.machine.ThreadPriority;
import io.presage.worker.tuning.Tuner;
import io.presage.worker.versions.LoadPlanner;
import io.presage.worker.versions.MemoryBudget;
import io.presage.worker.versions.ServingAssembly;
import io.presage.worker.versions.VersionLoader;
import io.presage.worker.versions.Versions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Builds the features and hands them their clock and their chance.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({WorkerProperties.class, ServiceProperties.class, DjlProperties.class})
class WorkerConfiguration {
    private static final Logger log = LoggerFactory.getLogger(WorkerConfiguration.class);
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
    private static final Duration RUN_THREAD_IDLE = Duration.ofSeconds(5);
    /// Of threads that load: neighbours hardly notice them, and an idle machine gives them all.
    private static final int LOADER_NICE = 10;

    /// Who this worker is.
    record Identity(String id) {}

    @Bean
    Identity identity(WorkerProperties properties) throws IOException {
        return new Identity(WorkerIdentity.of(
                properties.id(),
                properties.dataDirectory(),
                () -> "worker-" + UUID.randomUUID().toString().substring(0, 8)));
    }

    /// Where versions come from.
    sealed interface Origin {
        record Registry(URI address, String secret, HttpClient http) implements Origin {}

        record OwnConfiguration(BakedInPackages packages) implements Origin {}
    }

    @Bean
    Origin origin(WorkerProperties properties, ServiceProperties service, DjlProperties djl) {
        var isBakedIn = BakedIn.isGiven(properties.bakedIn(), djl);
        if (properties.registryUrl().isEmpty() != isBakedIn) {
            throw new IllegalStateException("worker.registry-url: "
                    + (isBakedIn ? properties.registryUrl() + " beside baked-in models" : "none")
                    + " (expected: http://host:port of the registry, or models under worker.baked-in.models or djl.*)");
        }
        if (isBakedIn) {
            return new Origin.OwnConfiguration(BakedIn.packages(properties.bakedIn(), djl));
        }
        var http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(5))
                .build();
        return new Origin.Registry(properties.registry(), service.secret(), http);
    }

    @Bean
    MemoryBudget memoryBudget(WorkerProperties properties, MeterRegistry meters) {
        long configured = properties.memoryMax().toBytes();
        var budget = new MemoryBudget(configured > 0 ? configured : machineBytes() / 2);
        Gauge.builder("presage.memory.used.bytes", budget, MemoryBudget::bytesUsed)
                .description("Memory that loaded versions take, measured")
                .register(meters);
        var natives = NativeMemory.ofThisProcess();
        Gauge.builder("presage.memory.native.bytes", natives, NativeMemory::allocatedBytes)
                .description("Native memory of the process, of models and all else")
                .strongReference(true)
                .register(meters);
        Gauge.builder("presage.memory.max.bytes", budget, MemoryBudget::bytesMax)
                .description("Memory that loaded versions may take")
                .register(meters);
        return budget;
    }

    @Bean
    Devices devices(WorkerProperties properties, MemoryBudget memory) {
        var cpu = new Device(
                Device.Kind.CPU,
                0,
                Cpu.name(),
                memory.bytesMax(),
                Runtime.getRuntime().availableProcessors());
        var devices = Devices.find(
                properties.devices(),
                cpu,
                CudaDriver::devices,
                () -> new OnnxEngine().devices().contains(Device.Kind.CUDA));
        log.info("event=devices_found devices={}", devices.all());
        return devices;
    }

    private static long machineBytes() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : Runtime.getRuntime().maxMemory();
    }

    @Bean
    ArtifactCache artifactCache(WorkerProperties properties, Origin origin, MeterRegistry meters) throws IOException {
        var source = switch (origin) {
            case Origin.Registry(var address, var secret, var http) -> new HttpArtifactSource(http, address, secret);
            case Origin.OwnConfiguration(var packages) -> packages;
        };
        var cache = new ArtifactCache(
                properties.dataDirectory().toAbsolutePath(),
                properties.artifacts().bytesMax().toBytes(),
                source,
                InstantSource.system());
        Gauge.builder("presage.artifacts.bytes", cache, ArtifactCache::bytesUsed)
                .description("Unpacked packages on disk")
                .register(meters);
        return cache;
    }

    @Bean
    ChildProcesses childProcesses(WorkerProperties properties, MeterRegistry meters) {
        var random = new SecureRandom();
        var children = new ChildProcesses(
                ChildCommand.ofThisProcess(PackChild.class.getName()),
                properties.engines().child(),
                () -> {
                    var word = new byte[16];
                    random.nextBytes(word);
                    return HexFormat.of().formatHex(word);
                },
                System::nanoTime);
        Gauge.builder("presage.engine.children", children, ChildProcesses::count)
                .description("Child processes that run engines")
                .register(meters);
        Gauge.builder("presage.engine.children.resident.bytes", children, ChildProcesses::residentBytes)
                .description("Memory of child processes")
                .register(meters);
        FunctionCounter.builder("presage.engine.child.starts", children, ChildProcesses::starts)
                .description("Child processes that were started")
                .register(meters);
        FunctionCounter.builder("presage.engine.child.deaths", children, ChildProcesses::deaths)
                .description("Child processes that died, or were killed for what they did")
                .register(meters);
        return children;
    }

    @Bean
    Engines engines(WorkerProperties properties, ChildProcesses children) {
        return new InstalledEngines(new OnnxEngine(), properties.engines(), children);
    }

    @Bean
    RunPool runPool(WorkerProperties properties, MeterRegistry meters) {
        var pool = new RunPool(
                properties.batching().runThreads(Runtime.getRuntime().availableProcessors()),
                RUN_THREAD_IDLE,
                Thread.ofPlatform().name("run-", 0).daemon(true).factory(),
                System::nanoTime);
        Gauge.builder("presage.run.threads", pool, RunPool::threads)
                .description("Threads that run models")
                .register(meters);
        Gauge.builder("presage.run.waiting", pool, RunPool::waiting)
                .description("Batches that wait for a thread")
                .register(meters);
        return pool;
    }

    @Bean
    VersionLoader versionLoader(
            ArtifactCache artifacts,
            Engines engines,
            MemoryBudget memory,
            RunPool runPool,
            Devices devices,
            ExecutorService urgentLoader,
            WorkerProperties properties,
            MeterRegistry meters) {
        var natives = NativeMemory.ofThisProcess();
        keepNativeLibrariesIn(properties.dataDirectory());
        var assembly = new ServingAssembly(
                properties.batching(),
                properties.versions(),
                new ServingAssembly.Machine(
                        Runtime.getRuntime().availableProcessors(), InferServer.eventLoops(properties.http())),
                runPool,
                meters,
                System::nanoTime);
        return new VersionLoader(
                artifacts,
                engines,
                memory,
                assembly,
                new VersionLoader.Machine(
                        System::nanoTime,
                        ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime,
                        natives::allocatedBytes,
                        natives::trim,
                        urgentLoader),
                new LoadPlanner(
                        devices,
                        new Tuner(
                                properties.tuning(),
                                new Tuner.Clocks(
                                        System::nanoTime,
                                        ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime))));
    }

    /// The tokenizer unpacks its library where DJL_CACHE_DIR says, and must not look for one on the internet.
    private static void keepNativeLibrariesIn(Path directory) {
        if (System.getenv("DJL_CACHE_DIR") == null && System.getProperty("DJL_CACHE_DIR") == null) {
            System.setProperty(
                    "DJL_CACHE_DIR",
                    directory.resolve("native").toAbsolutePath().toString());
        }
        if (System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
    }

    /// Their work can wait, and what is served cannot: one more than are loaded at a time, for what calls wait
    /// for.
    @Bean(destroyMethod = "shutdownNow")
    ExecutorService versionLoaders(WorkerProperties properties) {
        var threads = Thread.ofPlatform().name("loader-", 0).daemon(true).factory();
        return Executors.newFixedThreadPool(
                properties.versions().loadingMax() + 1,
                work -> threads.newThread(() -> {
                    ThreadPriority.lower(LOADER_NICE);
                    work.run();
                }));
    }

    /// Runs the part of loads that starts threads: they inherit the priority of the one that starts them, and
    /// so does
    /// this one, which is therefore started here.
    @Bean(destroyMethod = "shutdownNow")
    ExecutorService urgentLoader() {
        var executor = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name("loader-urgent").daemon(true).factory());
        executor.prestartAllCoreThreads();
        return executor;
    }

    @Bean(destroyMethod = "shutdownNow")
    ExecutorService versionUnloaders() {
        return Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("unloader").daemon(true).factory());
    }

    @Bean
    ValidationResults validationResults() {
        return new ValidationResults();
    }

    @Bean(destroyMethod = "")
    Versions versions(
            VersionLoader loader,
            MemoryBudget memory,
            ExecutorService versionLoaders,
            ExecutorService versionUnloaders,
            Identity identity,
            ValidationResults results,
            WorkerProperties properties,
            MeterRegistry meters) {
        var versions = new Versions(
                new Versions.Workshop(
                        loader,
                        memory,
                        versionLoaders,
                        versionUnloaders,
                        Runtime.getRuntime().availableProcessors(),
                        meters),
                identity.id(),
                results,
                properties.versions(),
                properties.drainGrace(),
                System::nanoTime);
        Gauge.builder("presage.demand.waiting.calls", versions, Versions::waiting)
                .description("Calls that wait for a version to be loaded")
                .register(meters);
        for (var state : SlotState.values()) {
            Gauge.builder("presage.slots", versions, all -> all.slotsByState().getOrDefault(state, 0))
                    .description("Versions in this worker, by state")
                    .tags(List.of(Tag.of("state", state.name().toLowerCase(Locale.ROOT))))
                    .register(meters);
        }
        return versions;
    }

    /// No thread while there is nothing to make.
    @Bean(destroyMethod = "shutdownNow")
    ExecutorService derivationThread() {
        var executor = new ThreadPoolExecutor(
                1,
                1,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name("derivation").daemon(true).factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    @Bean(destroyMethod = "")
    InferServer inferServer(
            Versions versions, WorkerProperties properties, ServiceProperties service, MeterRegistry meters) {
        return new InferServer(
                versions,
                properties.http(),
                properties.http().open() ? "" : callersSecret(properties, service),
                properties.batching().callRowsMax(),
                meters,
                JSON,
                InstantSource.system(),
                System::nanoTime);
    }

    private static String callersSecret(WorkerProperties properties, ServiceProperties service) {
        var isAlone = properties.registryUrl().isEmpty();
        if (isAlone && service.serviceSecret() == null && service.serviceSecretFile() == null) {
            throw new IllegalStateException("presage.service-secret: none (expected: a secret that callers send as "
                    + Headers.SERVICE_SECRET + ", or worker.http.open: true, which lets in whoever reaches the port)");
        }
        return service.secret();
    }

    @Bean
    WorkerLife workerLife(
            Identity identity,
            Origin origin,
            Versions versions,
            InferServer server,
            MemoryBudget memory,
            Devices devices,
            ArtifactCache artifacts,
            ExecutorService derivationThread,
            ValidationResults results,
            WorkerProperties properties)
            throws IOException {
        var life = new WorkerLife(server, versions, properties.shutdownGrace());
        var feed = switch (origin) {
            case Origin.Registry registry ->
                registryFeed(
                        registry,
                        identity,
                        versions,
                        derivations(registry, artifacts, memory, derivationThread, identity, properties),
                        server,
                        memory,
                        devices,
                        properties,
                        life);
            case Origin.OwnConfiguration(var packages) -> new BakedInFeed(packages, versions::apply, versions::report);
        };
        results.deliverTo(feed);
        life.attach(feed);
        return life;
    }

    private static Derivations derivations(
            Origin.Registry registry,
            ArtifactCache artifacts,
            MemoryBudget memory,
            ExecutorService derivationThread,
            Identity identity,
            WorkerProperties properties)
            throws IOException {
        return new Derivations(
                new SiblingMaker(artifacts, new OnnxEngine(), memory::reserve),
                new HttpDerivationSink(registry.http(), registry.address(), registry.secret(), JSON),
                identity.id(),
                properties.dataDirectory().toAbsolutePath().resolve("derivations"),
                derivationThread,
                Thread::sleep);
    }

    private static RegistryFeed registryFeed(
            Origin.Registry registry,
            Identity identity,
            Versions versions,
            Derivations derivations,
            InferServer server,
            MemoryBudget memory,
            Devices devices,
            WorkerProperties properties,
            WorkerLife life)
            throws IOException {
        var incarnation = UUID.randomUUID().toString();
        var host = advertisedHost(properties);
        var reported = devices.all().stream()
                .map(device -> new Report.Device(
                        device.kind().name().toLowerCase(Locale.ROOT),
                        device.index(),
                        device.name(),
                        device.memoryBytes()))
                .toList();
        return new RegistryFeed(
                new RegistryClient(registry.http(), registry.address(), registry.secret(), identity.id(), JSON),
                new SnapshotFile(properties.dataDirectory(), JSON),
                state -> {
                    versions.apply(state);
                    derivations.apply(state.derivations());
                },
                sequence -> new Report(
                        identity.id(),
                        incarnation,
                        sequence,
                        host,
                        server.port(),
                        life.isDraining(),
                        reported,
                        memory.bytesMax(),
                        memory.bytesUsed(),
                        versions.appliedRevision(),
                        versions.report()),
                RandomGenerator.getDefault());
    }

    private static String advertisedHost(WorkerProperties properties) throws IOException {
        if (!properties.advertisedHost().isEmpty()) {
            return properties.advertisedHost();
        }
        var listening = InetAddress.getByName(properties.http().host());
        return listening.isAnyLocalAddress()
                ? InetAddress.getLocalHost().getHostAddress()
                : properties.http().host();
    }

    /// Ready once a desired state was applied, from the registry or from disk. A registry that is away later
    /// does not matter.
    @Bean
    HealthIndicator desiredState(Versions versions) {
        return () -> versions.isApplied()
                ? Health.up().withDetail("revision", versions.appliedRevision()).build()
                : Health.outOfService().build();
    }
}
