package io.presage.worker.versions;

import io.presage.contract.infer.CodecLimits;
import io.presage.contract.infer.InferRequest;
import io.presage.contract.infer.InferRequestReader;
import io.presage.contract.infer.InferResponse;
import io.presage.contract.infer.InferResponseReader;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A request that came with the package: `samples/NAME.request.json`, and what it is to answer:
/// `samples/NAME.response.json`, if that is there. Both are OIP v2 JSON.
public record Sample(
        String name, InferRequest request, @Nullable InferResponse expected) {
    static final int SAMPLES_MAX = 32;
    private static final long FILE_BYTES_MAX = 64L << 20;
    private static final String REQUEST = ".request.json";
    private static final String RESPONSE = ".response.json";

    /// All of a package, in the order of their names.
    public static List<Sample> readAll(Path directory) throws LoadException, IOException {
        var folder = directory.resolve("samples");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Path> requests;
        try (var files = Files.list(folder)) {
            requests = files.filter(file -> file.getFileName().toString().endsWith(REQUEST))
                    .sorted()
                    .toList();
        }
        if (requests.size() > SAMPLES_MAX) {
            throw invalid(requests.size() + " sample requests (expected: at most " + SAMPLES_MAX + ")", null);
        }
        var samples = new ArrayList<Sample>();
        for (var file : requests) {
            var fileName = file.getFileName().toString();
            var name = fileName.substring(0, fileName.length() - REQUEST.length());
            samples.add(read(name, file, folder.resolve(name + RESPONSE)));
        }
        return samples;
    }

    private static Sample read(String name, Path request, Path response) throws LoadException, IOException {
        var bytes = bytes(request);
        try {
            var reader = new InferRequestReader(CodecLimits.DEFAULT, TensorAllocator.DIRECT);
            var read = reader.read(bytes, 0, bytes.length, -1);
            return new Sample(
                    name, read, Files.exists(response) ? InferResponseReader.read(bytes(response), -1) : null);
        } catch (ProblemException e) {
            throw invalid("samples/" + name + ": " + e.detail(), e);
        }
    }

    private static byte[] bytes(Path file) throws LoadException, IOException {
        if (Files.size(file) > FILE_BYTES_MAX) {
            throw invalid(
                    "samples/" + file.getFileName() + ": " + Files.size(file) + " bytes (expected: at most "
                            + FILE_BYTES_MAX + ")",
                    null);
        }
        return Files.readAllBytes(file);
    }

    private static LoadException invalid(String evidence, @Nullable Throwable cause) {
        return new LoadException(
                new Failure(
                        "samples",
                        "invalid-sample",
                        evidence,
                        "Write samples as OIP v2 JSON: the body of an infer call and of its answer."),
                cause);
    }
}
