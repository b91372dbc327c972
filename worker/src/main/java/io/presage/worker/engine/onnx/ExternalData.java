package io.presage.worker.engine.onnx;

import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.LoadException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.Set;

/// Looks through an ONNX file, before any runtime opens it, for the files that its weights lie in: each must be
/// a plain file of the package. Field numbers are those of onnx.proto.
final class ExternalData {
    /// Subgraphs in subgraphs; real models have two or three levels.
    private static final int DEPTH_MAX = 64;

    private final Set<String> locations = new LinkedHashSet<>();

    private ExternalData() {}

    static void check(ModelPackage modelPackage) throws LoadException {
        var file = modelPackage.modelFile();
        var walk = new ExternalData();
        try (var channel = FileChannel.open(file, StandardOpenOption.READ);
                var arena = Arena.ofConfined()) {
            walk.model(new ProtoReader(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena)));
        } catch (ProtoReader.MalformedException e) {
            throw new LoadException(OnnxFailures.corrupt(file.getFileName() + ": " + e.getMessage()), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (var location : walk.locations) {
            checkLocation(modelPackage, location);
        }
    }

    private static void checkLocation(ModelPackage modelPackage, String location) throws LoadException {
        var parent = modelPackage.modelFile().toAbsolutePath().normalize().getParent();
        if (parent == null) {
            throw new IllegalStateException("model file without a folder. This is a bug.");
        }
        var unsafe =
                location.isEmpty() || location.startsWith("/") || location.contains("\\") || location.indexOf(0) >= 0;
        if (!unsafe) {
            for (var part : location.split("/", -1)) {
                unsafe |= part.equals("..");
            }
        }
        if (unsafe) {
            throw new LoadException(new Failure(
                    "load",
                    "unsafe-package",
                    "external data location '" + location + "' (expected: a relative path without '..')",
                    "Save the model with its external data beside it and put both into the package."));
        }
        if (!Files.isRegularFile(parent.resolve(location), LinkOption.NOFOLLOW_LINKS)) {
            throw new LoadException(new Failure(
                    "load",
                    "missing-file",
                    "external data file '" + location + "' is not in the package",
                    "Put every file that the model refers to into the package, beside the model."));
        }
    }

    private void model(ProtoReader model) throws ProtoReader.MalformedException {
        while (model.next()) {
            switch (model.field()) {
                case 7 -> graph(model.message(), 0);
                case 25 -> function(model.message(), 0);
                default -> model.skip();
            }
        }
    }

    private void graph(ProtoReader graph, int depth) throws ProtoReader.MalformedException {
        if (depth > DEPTH_MAX) {
            throw new ProtoReader.MalformedException("graphs nested deeper than " + DEPTH_MAX);
        }
        while (graph.next()) {
            switch (graph.field()) {
                case 1 -> node(graph.message(), depth);
                case 5 -> tensor(graph.message());
                case 15 -> sparseTensor(graph.message());
                default -> graph.skip();
            }
        }
    }

    private void function(ProtoReader function, int depth) throws ProtoReader.MalformedException {
        while (function.next()) {
            switch (function.field()) {
                case 7 -> node(function.message(), depth);
                case 11 -> attribute(function.message(), depth);
                default -> function.skip();
            }
        }
    }

    private void node(ProtoReader node, int depth) throws ProtoReader.MalformedException {
        while (node.next()) {
            if (node.field() == 5) {
                attribute(node.message(), depth);
            } else {
                node.skip();
            }
        }
    }

    private void attribute(ProtoReader attribute, int depth) throws ProtoReader.MalformedException {
        while (attribute.next()) {
            switch (attribute.field()) {
                case 5, 10 -> tensor(attribute.message());
                case 6, 11 -> graph(attribute.message(), depth + 1);
                case 22, 23 -> sparseTensor(attribute.message());
                default -> attribute.skip();
            }
        }
    }

    private void sparseTensor(ProtoReader sparse) throws ProtoReader.MalformedException {
        while (sparse.next()) {
            switch (sparse.field()) {
                case 1, 2 -> tensor(sparse.message());
                default -> sparse.skip();
            }
        }
    }

    private void tensor(ProtoReader tensor) throws ProtoReader.MalformedException {
        while (tensor.next()) {
            if (tensor.field() == 13) {
                entry(tensor.message());
            } else {
                tensor.skip();
            }
        }
    }

    private void entry(ProtoReader entry) throws ProtoReader.MalformedException {
        var key = "";
        var value = "";
        while (entry.next()) {
            switch (entry.field()) {
                case 1 -> key = entry.string();
                case 2 -> value = entry.string();
                default -> entry.skip();
            }
        }
        if (key.equals("location")) {
            locations.add(value);
        }
    }
}
