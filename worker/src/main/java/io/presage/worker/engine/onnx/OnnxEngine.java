package io.presage.worker.engine.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import io.presage.worker.artifacts.FileKind;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Loads ONNX files into ONNX Runtime, one environment for the process. Sessions run where they are called
/// (`intra_op = 1`, no spinning): many callers of one thread each give the most answers per CPU second, and a
/// session of many threads burns up to 2.4 times the CPU when all cores are busy. Packages of the `latency`
/// profile are the exception.
public final class OnnxEngine implements Engine {
    private static final Logger log = LoggerFactory.getLogger(OnnxEngine.class);

    /// All that shapes the optimised graph; another text makes kept graphs useless.
    private static final String OPTIMISATION = "all";

    /// Below this size of a model an arena costs more memory than it saves time.
    private static final long ARENA_BYTES_MIN = 1 << 20;

    /// ONNX Runtime computes what follows from constants while it loads; larger results are left to the runs.
    private static final String FOLDED_BYTES_MAX = String.valueOf(64 << 20);

    /// The runtime, once for the process, and not before it is needed: a worker without models does without.
    private static final class Shared {
        private static final OrtEnvironment ENVIRONMENT = start();
        private static final RunWatch WATCH = RunWatch.start();

        private static OrtEnvironment start() {
            var environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "presage");
            FirstSession.open(environment);
            return environment;
        }
    }

    /// Loads nothing yet, but sees to it that what is loaded later sends no usage data.
    public OnnxEngine() {
        Telemetry.disable();
    }

    @Override
    public String name() {
        return "onnxruntime";
    }

    @Override
    public String platform() {
        return "onnxruntime_onnx";
    }

    @Override
    public void start() {
        Objects.requireNonNull(Shared.ENVIRONMENT);
    }

    @Override
    public boolean reads(ModelPackage modelPackage) {
        try {
            return FileKind.of(modelPackage.modelFile()) == FileKind.ONNX;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A session of one thread runs where it is called.
    @Override
    public boolean startsThreads(LoadPlan plan) {
        return plan.intraOpThreads() > 1;
    }

    /// Asks the runtime what it was built with.
    @Override
    public Set<Device.Kind> devices() {
        return OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)
                ? Set.of(Device.Kind.CPU, Device.Kind.CUDA)
                : Set.of(Device.Kind.CPU);
    }

    @Override
    public LoadedModel load(ModelPackage modelPackage, LoadPlan plan) throws LoadException {
        if (plan.device().kind() != Device.Kind.CPU
                && !devices().contains(plan.device().kind())) {
            throw OnnxFailures.noDevice();
        }
        try {
            return OnnxModel.of(Shared.ENVIRONMENT, session(modelPackage, plan), Shared.WATCH, modelPackage.bytes());
        } catch (OrtException e) {
            throw OnnxFailures.load(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private OrtSession session(ModelPackage modelPackage, LoadPlan plan)
            throws OrtException, LoadException, IOException {
        var graph = OptimisedGraph.of(modelPackage, plan, Shared.ENVIRONMENT.getVersion(), OPTIMISATION);
        var ready = graph.isPresent() ? graph.get().ready() : Optional.<Path>empty();
        if (ready.isPresent()) {
            try (var options = options(modelPackage, plan)) {
                // It was checked and optimised when it was made.
                options.setOptimizationLevel(SessionOptions.OptLevel.NO_OPT);
                return Shared.ENVIRONMENT.createSession(ready.get().toString(), options);
            } catch (OrtException e) {
                log.warn("event=optimised_graph_dropped file={} why={}", ready.get(), e.getMessage());
                graph.get().drop();
            }
        }
        OnnxCheck.check(modelPackage);
        if (graph.isPresent()) {
            var made = making(graph.get(), modelPackage, plan);
            if (made.isPresent()) {
                return made.get();
            }
        }
        try (var options = options(modelPackage, plan)) {
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            return Shared.ENVIRONMENT.createSession(modelPackage.modelFile().toString(), options);
        }
    }

    /// Empty when the graph cannot be written: without room on the disk the version is loaded all the same.
    private Optional<OrtSession> making(OptimisedGraph graph, ModelPackage modelPackage, LoadPlan plan) {
        try (var options = options(modelPackage, plan)) {
            var draft = graph.draft();
            try {
                options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
                options.setOptimizedModelFilePath(draft.toString());
                var session = Shared.ENVIRONMENT.createSession(
                        modelPackage.modelFile().toString(), options);
                try {
                    graph.keep(draft);
                } catch (IOException e) {
                    log.info("event=optimised_graph_not_kept model={} why={}", modelPackage.modelFile(), e.toString());
                }
                return Optional.of(session);
            } finally {
                Files.deleteIfExists(draft);
            }
        } catch (OrtException | IOException e) {
            // A model that cannot be loaded at all says so when it is loaded without keeping anything.
            log.info("event=optimised_graph_not_kept model={} why={}", modelPackage.modelFile(), String.valueOf(e));
            return Optional.empty();
        }
    }

    private static SessionOptions options(ModelPackage modelPackage, LoadPlan plan) throws OrtException {
        var options = new SessionOptions();
        try {
            options.setExecutionMode(SessionOptions.ExecutionMode.SEQUENTIAL);
            options.setIntraOpNumThreads(plan.intraOpThreads());
            options.setInterOpNumThreads(1);
            spin(
                    options,
                    plan.intraOpThreads() > 1
                            && modelPackage.manifest().profile().equals("latency"));
            // The name's extension must not choose a format that was not checked.
            options.addConfigEntry("session.load_model_format", "ONNX");
            options.addConfigEntry("optimization.constant_folding_max_output_size_in_bytes", FOLDED_BYTES_MAX);
            options.setCPUArenaAllocator(modelPackage.bytes() >= ARENA_BYTES_MIN);
            // A pattern is kept for every set of input shapes that was ever seen, without a bound.
            options.setMemoryPatternOptimization(!modelPackage.manifest().task().equals("text-embedding"));
            if (plan.device().kind() == Device.Kind.CUDA) {
                onCuda(options, plan.device());
            }
            return options;
        } catch (OrtException | RuntimeException e) {
            options.close();
            throw e;
        }
    }

    /// Threads that spin for their part of a run make it about a fifth quicker on a machine with time to spare,
    /// at up to twice the CPU; on a busy one they take the cores from each other. They stop when the run ends.
    private static void spin(SessionOptions options, boolean inRuns) throws OrtException {
        options.addConfigEntry("session.intra_op.allow_spinning", inRuns ? "1" : "0");
        options.addConfigEntry("session.inter_op.allow_spinning", "0");
        options.addConfigEntry("session.force_spinning_stop", inRuns ? "1" : "0");
    }

    /// Memory in the sizes that are asked for, because many versions share the device; algorithms by rule of
    /// thumb, because trying all of them takes seconds for every new shape.
    private static void onCuda(SessionOptions options, Device device) throws OrtException {
        try (var cuda = new OrtCUDAProviderOptions(device.index())) {
            cuda.add("arena_extend_strategy", "kSameAsRequested");
            cuda.add("cudnn_conv_algo_search", "HEURISTIC");
            cuda.add("gpu_mem_limit", Long.toString(device.memoryBytes()));
            options.addCUDA(cuda);
        }
    }
}
