package io.presage.engine.torchscript;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.TensorSpec;
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
import java.util.List;

/// Loads TorchScript archives. What they take and give is said by `signature` in `model.yaml`; that it goes
/// with the
/// archive's own `forward` is checked here as far as that tells: how many arguments, and that they are tensors.
final class TorchscriptEngine implements Engine {
    static final String NAME = "torchscript";

    private final ai.djl.engine.Engine engine;

    TorchscriptEngine(ai.djl.engine.Engine engine) {
        this.engine = engine;
    }

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
            return FileKind.of(modelPackage.modelFile()) == FileKind.TORCHSCRIPT;
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
                    "device: gpu (expected: cpu or any: torchscript runs on CPUs here)",
                    "Set device: any in model.yaml."));
        }
        var model = engine.newModel("model", ai.djl.Device.cpu());
        try {
            try (var file = Files.newInputStream(modelPackage.modelFile())) {
                model.load(file);
            }
            var signature = signature(model, modelPackage);
            return new TorchModule(engine, model, signature, plan.intraOpThreads(), modelPackage.bytes()).view();
        } catch (EngineException e) {
            model.close();
            throw TorchFailures.load(e);
        } catch (LoadException | RuntimeException e) {
            model.close();
            throw e;
        } catch (IOException | MalformedModelException e) {
            model.close();
            throw new LoadException(
                    new Failure("load", "corrupt-model", String.valueOf(e), "Upload the package again, whole."), e);
        }
    }

    private Signature signature(Model model, ModelPackage modelPackage) throws LoadException {
        var forward = ForwardSchema.of(model, engine);
        var signature = modelPackage.manifest().signature();
        if (signature == null) {
            throw new LoadException(new Failure(
                    "signature",
                    "missing-signature",
                    "model.yaml has no signature, and a TorchScript file does not tell datatypes and shapes: "
                            + forward.map(ForwardSchema::text).orElse("its forward takes nothing"),
                    "Add to model.yaml, one line for each tensor: signature: {inputs: [{name: x, datatype: FP32, shape:"
                            + " [-1, 3]}], outputs: [{name: y, datatype: FP32, shape: [-1, 1]}]}."));
        }
        for (var tensors : List.of(signature.inputs(), signature.outputs())) {
            for (var tensor : tensors) {
                checkType(tensor);
            }
        }
        if (forward.isPresent() && !forward.get().accepts(signature.inputs().size())) {
            throw new LoadException(new Failure(
                    "signature",
                    "signature-mismatch",
                    "signature.inputs: " + signature.inputs().size() + " tensors (expected: those of "
                            + forward.get().text() + ")",
                    "Name the arguments of forward in model.yaml, in their order; they must be tensors."));
        }
        return signature;
    }

    private static void checkType(TensorSpec tensor) throws LoadException {
        if (TorchTypes.of(tensor.datatype()).isEmpty()) {
            throw new LoadException(new Failure(
                    "signature",
                    "unsupported-signature",
                    tensor.name() + ": " + tensor.datatype() + " (expected: BOOL, UINT8, INT8, INT32, INT64, FP16, FP32"
                            + " or FP64)",
                    "Export the model with tensors of other types; texts must be tokens by then."));
        }
    }
}
