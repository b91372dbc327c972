package io.presage.worker.engine.packs;

import io.presage.worker.artifacts.FileKind;
import io.presage.worker.engine.Isolation;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What is known of every engine before its pack is opened.
public enum KnownEngine {
    ONNXRUNTIME("onnxruntime", false, FileKind.ONNX),
    TORCHSCRIPT("torchscript", true, FileKind.TORCHSCRIPT),
    TENSORFLOW("tensorflow", true, FileKind.SAVED_MODEL),
    XGBOOST("xgboost", false, FileKind.XGBOOST_JSON, FileKind.XGBOOST_UBJ),
    LIGHTGBM("lightgbm", false, FileKind.LIGHTGBM);

    private final String engineName;
    private final boolean runsCode;
    private final Set<FileKind> kinds;

    KnownEngine(String engineName, boolean runsCode, FileKind... kinds) {
        this.engineName = engineName;
        this.runsCode = runsCode;
        this.kinds = Set.of(kinds);
    }

    /// As in `model.yaml`, and the name of its pack's folder.
    public String engineName() {
        return engineName;
    }

    /// True when its model files can hold code: such an engine works only where it is allowed by name.
    public boolean runsCode() {
        return runsCode;
    }

    public boolean reads(FileKind kind) {
        return kinds.contains(kind);
    }

    /// True when it comes as a pack; false when it is part of the worker.
    public boolean isPack() {
        return this != ONNXRUNTIME;
    }

    /// Where it runs when nothing is configured.
    public Isolation defaultIsolation() {
        return runsCode ? Isolation.PROCESS : Isolation.IN_PROCESS;
    }

    public static Optional<KnownEngine> named(String name) {
        return Arrays.stream(values())
                .filter(engine -> engine.engineName.equals(name))
                .findFirst();
    }

    static Optional<KnownEngine> reading(FileKind kind) {
        return Arrays.stream(values()).filter(engine -> engine.reads(kind)).findFirst();
    }

    static List<String> names() {
        return Arrays.stream(values()).map(KnownEngine::engineName).toList();
    }

    public static List<String> packNames() {
        return Arrays.stream(values())
                .filter(KnownEngine::isPack)
                .map(KnownEngine::engineName)
                .toList();
    }
}
