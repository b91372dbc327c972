package io.presage.worker.engine.onnx;

import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Cpu;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.LoadPlan;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;

/// The graph as ONNX Runtime has optimised it, kept beside the unpacked package, so that later loads need not
/// optimise it again. It is right only for the same runtime, options and instruction set, which its name holds.
///
/// Written under a name of its own by the first load, then summed up and renamed: a file of the right name was
/// written whole, and its sum (beside it) tells damage from later. What is damaged goes and is made anew.
/// Loader threads; two that make the same graph at a time both end with a good one.
final class OptimisedGraph {
    /// Below, the graph is optimised in less time than a file is looked for.
    private static final long BYTES_MIN = 1 << 20;
    /// Above, most of a load is reading weights, which this does not shorten, and the disk is better used for
    /// other packages. Runtimes cannot write protobuf files of 2 GB at all.
    private static final long BYTES_MAX = 64 << 20;

    private final Path file;
    private final Path sum;

    private OptimisedGraph(Path folder, String name) {
        this.file = folder.resolve(name + ".onnx");
        this.sum = folder.resolve(name + ".crc32c");
    }

    /// Empty when the graph of this package is not worth keeping, or the plan names no place.
    static Optional<OptimisedGraph> of(ModelPackage modelPackage, LoadPlan plan, String runtime, String options)
            throws IOException {
        var folder = plan.derived();
        long bytes = Files.size(modelPackage.modelFile());
        var hasExternalData = modelPackage.bytes() > bytes;
        if (folder == null
                || plan.device().kind() != Device.Kind.CPU
                || bytes < BYTES_MIN
                || bytes > BYTES_MAX
                || hasExternalData) {
            return Optional.empty();
        }
        var key = String.join(
                "\n",
                runtime,
                plan.device().deviceClass(),
                Cpu.features(),
                options,
                modelPackage.modelFile().getFileName().toString());
        return Optional.of(new OptimisedGraph(folder, "onnxruntime-" + runtime + "-" + digest(key)));
    }

    /// The file to load instead of the model, if it is there and whole.
    Optional<Path> ready() throws IOException {
        if (!Files.exists(file) || !Files.exists(sum)) {
            return Optional.empty();
        }
        if (Files.readString(sum, StandardCharsets.US_ASCII).equals(sumOf(file))) {
            return Optional.of(file);
        }
        drop();
        return Optional.empty();
    }

    /// A new name for the runtime to write to. Whoever asks either keeps or deletes it.
    Path draft() throws IOException {
        return Files.createTempFile(file.getParent(), "draft-", ".onnx");
    }

    void keep(Path draft) throws IOException {
        try (var channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        var draftSum = Files.createTempFile(file.getParent(), "draft-", ".crc32c");
        Files.writeString(draftSum, sumOf(draft), StandardCharsets.US_ASCII);
        Files.move(draftSum, sum, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    void drop() throws IOException {
        Files.deleteIfExists(file);
        Files.deleteIfExists(sum);
    }

    private static String sumOf(Path file) throws IOException {
        var crc = new CRC32C();
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            crc.update(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
            return channel.size() + " " + Long.toHexString(crc.getValue());
        }
    }

    private static String digest(String key) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256. This is a bug.", e);
        }
    }
}
