package io.presage.engine.tensorflow;

import io.presage.contract.state.Failure;
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
import org.tensorflow.SavedModelBundle;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.MetaGraphDef;

/// Loads SavedModels: the graph tagged `serve`, called through its `serving_default` signature.
///
/// A run's operations follow each other on the calling thread. The threads inside of one operation are a pool that
/// TensorFlow has once a process, of the size that the first model asked for.
final class TensorflowEngine implements Engine {
    static final String NAME = "tensorflow";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean runsCode() {
        return true;
    }

    @Override
    public boolean reads(ModelPackage modelPackage) {
        try {
            return FileKind.of(modelPackage.modelFile()) == FileKind.SAVED_MODEL;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public LoadedModel load(ModelPackage modelPackage, LoadPlan plan) throws LoadException {
        if (plan.device().kind() != Device.Kind.CPU) {
            throw new LoadException(new Failure(
                    "load",
                    "unsupported-device",
                    "device: gpu (expected: cpu or any: tensorflow runs on CPUs here)",
                    "Set device: any in model.yaml."));
        }
        var settings = ConfigProto.newBuilder()
                .setIntraOpParallelismThreads(plan.intraOpThreads())
                .setInterOpParallelismThreads(-1)
                .setUsePerSessionThreads(true)
                .build();
        var folder = Objects.requireNonNull(modelPackage.modelFile().getParent(), "a package has a folder");
        SavedModelBundle bundle;
        try {
            bundle = SavedModelBundle.loader(folder.toString())
                    .withTags("serve")
                    .withConfigProto(settings)
                    .load();
        } catch (RuntimeException e) {
            // Some of TensorFlow Java's exceptions have no type of their own in common.
            throw TensorflowFailures.load(e);
        }
        try {
            checkVariables(bundle.metaGraphDef(), folder);
            var endpoint =
                    Endpoint.of(bundle.metaGraphDef(), modelPackage.manifest().signature());
            return new TensorflowGraph(bundle, endpoint, modelPackage.bytes()).view();
        } catch (LoadException | RuntimeException e) {
            bundle.close();
            throw e;
        }
    }

    /// TensorFlow loads a graph without its variables' values, and fails at the first run.
    private static void checkVariables(MetaGraphDef graph, Path folder) throws LoadException {
        var index = folder.resolve("variables").resolve("variables.index");
        var hasVariables = graph.getGraphDef().getNodeList().stream()
                .anyMatch(node ->
                        node.getOp().equals("VariableV2") || node.getOp().equals("VarHandleOp"));
        if (hasVariables && !Files.isRegularFile(index)) {
            throw TensorflowFailures.missing(folder.relativize(index) + " is not in the package");
        }
    }
}
