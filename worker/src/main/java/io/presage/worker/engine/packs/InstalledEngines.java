package io.presage.worker.engine.packs;

import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.FileKind;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.Engines;
import io.presage.worker.engine.Isolation;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.process.ChildProcesses;
import io.presage.worker.engine.process.ProcessEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The worker's own engine and the packs beside it. An engine is made when the first package needs it, and a pack
/// that turned out to be broken stays so until the next start: it fails the versions that need it and nothing
/// else.
/// Any thread.
public final class InstalledEngines implements Engines {
    private final Engine builtIn;
    private final EngineSettings settings;
    private final ChildProcesses children;
    private final Map<KnownEngine, Path> packs;
    private final Map<KnownEngine, Opened> opened = new ConcurrentHashMap<>();

    private sealed interface Opened {
        record Works(Engine engine) implements Opened {}

        record Broken(Failure failure) implements Opened {}
    }

    /// Looks for the folders of packs, not into them.
    ///
    /// @param builtIn reads ONNX
    public InstalledEngines(Engine builtIn, EngineSettings settings, ChildProcesses children) {
        this.builtIn = builtIn;
        this.settings = settings;
        this.children = children;
        this.packs = find(settings.directory());
    }

    private static Map<KnownEngine, Path> find(String directory) {
        var found = new EnumMap<KnownEngine, Path>(KnownEngine.class);
        if (directory.isEmpty()) {
            return found;
        }
        var root = Path.of(directory).toAbsolutePath().normalize();
        if (!Files.isDirectory(root)) {
            throw new IllegalArgumentException(
                    "worker.engines.directory: " + root + " (expected: a folder; empty for no packs)");
        }
        for (var engine : KnownEngine.values()) {
            var folder = root.resolve(engine.engineName());
            if (engine.isPack() && Pack.isPack(folder)) {
                found.put(engine, folder);
            }
        }
        return found;
    }

    @Override
    public Engine forPackage(ModelPackage modelPackage) throws LoadException {
        var wanted = modelPackage.manifest().engine();
        var kind = kindOf(modelPackage);
        var engine = (wanted == null ? KnownEngine.reading(kind) : KnownEngine.named(wanted))
                .filter(known -> known.reads(kind))
                .orElseThrow(() -> unreadable(modelPackage, kind));
        if (!engine.isPack()) {
            if (!builtIn.reads(modelPackage)) {
                throw unreadable(modelPackage, kind);
            }
            return builtIn;
        }
        if (!settings.allows(engine)) {
            throw notAllowed(modelPackage, engine, kind);
        }
        var folder = packs.get(engine);
        if (folder == null) {
            throw missing(modelPackage, engine, kind);
        }
        return switch (opened.computeIfAbsent(engine, known -> open(known, folder))) {
            case Opened.Works(var works) -> works;
            case Opened.Broken(var failure) -> throw new LoadException(failure);
        };
    }

    private Opened open(KnownEngine engine, Path folder) {
        if (settings.isolationOf(engine) == Isolation.PROCESS) {
            return new Opened.Works(
                    new ProcessEngine(engine.engineName(), engine.runsCode(), engine::reads, folder, children));
        }
        try {
            return new Opened.Works(Pack.open(engine.engineName(), folder));
        } catch (LoadException e) {
            return new Opened.Broken(e.failure());
        }
    }

    private static FileKind kindOf(ModelPackage modelPackage) throws LoadException {
        try {
            return FileKind.of(modelPackage.modelFile());
        } catch (IOException e) {
            throw new LoadException(
                    new Failure("load", "missing-file", String.valueOf(e), "Upload the package again."), e);
        }
    }

    private static LoadException unreadable(ModelPackage modelPackage, FileKind kind) {
        var wanted = modelPackage.manifest().engine();
        return new LoadException(new Failure(
                "load",
                "unknown-format",
                "engine: " + (wanted == null ? "(by the file)" : wanted) + " cannot read "
                        + modelPackage.modelFile().getFileName() + ", which is of kind " + kind,
                "Use one of " + KnownEngine.names() + ", or leave engine out."));
    }

    private static LoadException notAllowed(ModelPackage modelPackage, KnownEngine engine, FileKind kind) {
        return new LoadException(new Failure(
                "load",
                "engine-not-allowed",
                modelPackage.modelFile().getFileName() + " is of kind " + kind
                        + ", which can hold code; this worker does not allow the engine " + engine.engineName(),
                "Export the model to ONNX, or name " + engine.engineName()
                        + " in worker.engines.allowed of workers that may run code of uploaded models."));
    }

    private LoadException missing(ModelPackage modelPackage, KnownEngine engine, FileKind kind) {
        return new LoadException(new Failure(
                "load",
                "engine-missing",
                modelPackage.modelFile().getFileName() + " is of kind " + kind + "; this worker has the engines "
                        + installed(),
                "Use the worker's image variant cpu-all, or put the pack " + engine.engineName()
                        + " into worker.engines.directory"
                        + (settings.directory().isEmpty() ? "." : " (" + settings.directory() + ").")));
    }

    private List<String> installed() {
        return Arrays.stream(KnownEngine.values())
                .filter(engine -> !engine.isPack() || packs.containsKey(engine))
                .map(KnownEngine::engineName)
                .toList();
    }
}
