package io.presage.worker.engine.process;

import io.presage.worker.artifacts.FileKind;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.function.Predicate;

/// An engine of which this process loads nothing: each of its models lives in a child.
///
/// @param reads the kinds of files that it can load
/// @param pack its folder
public record ProcessEngine(
        String name, boolean runsCode, Predicate<FileKind> reads, Path pack, ChildProcesses children)
        implements Engine {
    @Override
    public boolean reads(ModelPackage modelPackage) {
        try {
            return reads.test(FileKind.of(modelPackage.modelFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public LoadedModel load(ModelPackage modelPackage, LoadPlan plan) throws LoadException {
        var order = LoadOrder.of(modelPackage, plan);
        var supervised = SupervisedChild.start(
                name + ":" + modelPackage.directory().getFileName(),
                children,
                () -> Child.start(children, name, pack, order));
        return new ChildModel(
                supervised,
                supervised.current().loaded(),
                children.settings().runMax().toNanos());
    }
}
