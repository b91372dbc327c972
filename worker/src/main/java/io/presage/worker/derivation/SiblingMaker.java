package io.presage.worker.derivation;

import io.presage.contract.state.DerivationResult;
import io.presage.contract.state.DesiredState.Derivation;
import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.ArtifactCache;
import io.presage.worker.artifacts.FileKind;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.artifacts.PackageException;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.onnx.quantize.Int8Quantizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/// Makes one sibling from beginning to end. Blocking; one thread. At most one model is in memory at a time.
public final class SiblingMaker {
    /// A model in memory takes its weights, packed copies of some, and what a run needs.
    private static final double MEMORY_PER_MODEL_BYTE = 1.5;

    private static final long MEMORY_FLOOR_BYTES = 16 << 20;
    private static final int BUFFER_BYTES = 256 << 10;

    private final ArtifactCache artifacts;
    private final Engine onnx;
    private final Room room;

    /// Memory for a model that is loaded to be asked. Any thread.
    @FunctionalInterface
    public interface Room {
        /// Empty when there is none now; closing gives it back.
        Optional<? extends AutoCloseable> reserve(long bytes);
    }

    /// @param onnx loads ONNX files
    public SiblingMaker(ArtifactCache artifacts, Engine onnx, Room room) {
        this.artifacts = artifacts;
        this.onnx = onnx;
        this.room = room;
    }

    /// A package that is ready to be sent.
    record Made(Path file, DerivationResult.Derived derived) {}

    /// Nothing is wrong with the package, but not now.
    static final class NotNowException extends Exception {
        private final transient Failure failure;

        NotNowException(Failure failure) {
            super(failure.cause() + ": " + failure.evidence());
            this.failure = failure;
        }

        Failure failure() {
            return failure;
        }
    }

    /// @param work an empty folder of this derivation
    /// @throws LoadException when the sibling cannot be made, with the card
    Made make(Derivation derivation, Path work)
            throws LoadException, NotNowException, IOException, InterruptedException {
        if (!derivation.kind().equals(Derivation.INT8_DYNAMIC)) {
            throw new LoadException(new Failure(
                    "derive",
                    "unsupported-derivation",
                    "kind: " + derivation.kind() + " (expected: " + Derivation.INT8_DYNAMIC + ")",
                    "Bring the workers to the registry's release."));
        }
        try (var lease = artifacts.obtain(derivation.sha256(), derivation.bytes())) {
            return make(lease.modelPackage(), work);
        } catch (PackageException e) {
            if (e.isTransient()) {
                throw new NotNowException(e.failure());
            }
            throw new LoadException(e.failure(), e);
        }
    }

    private Made make(ModelPackage original, Path work) throws LoadException, NotNowException, IOException {
        var kind = FileKind.of(original.modelFile());
        if (kind != FileKind.ONNX) {
            throw new LoadException(new Failure(
                    "quantise",
                    "unknown-format",
                    "the model is of kind " + kind + " (expected: ONNX)",
                    "Export the model to ONNX to have an int8 form of it."));
        }
        var before = ask(original);
        // The package as the sibling's worker will see it, but for the files that both share.
        var folder = Files.createDirectory(work.resolve("model"));
        var modelFile = folder.resolve(original.modelFile().getFileName().toString());
        var quantised = Int8Quantizer.quantise(original.modelFile(), modelFile);
        var file = work.resolve("package");
        SiblingPackage.write(original, modelFile, quantised.externalFiles(), file);
        var derived = new ModelPackage(original.directory(), modelFile, quantised.bytesAfter(), original.manifest());
        var comparison = AnswerComparison.compare(
                before, ask(derived), !original.manifest().task().equals("text-embedding"));
        return new Made(
                file,
                new DerivationResult.Derived(
                        sha256(file),
                        quantised.weights(),
                        quantised.bytesBefore(),
                        quantised.bytesAfter(),
                        comparison));
    }

    private Answers ask(ModelPackage modelPackage) throws LoadException, NotNowException, IOException {
        long estimate = (long) (modelPackage.bytes() * MEMORY_PER_MODEL_BYTE) + MEMORY_FLOOR_BYTES;
        var reservation = room.reserve(estimate);
        if (reservation.isEmpty()) {
            throw new NotNowException(new Failure(
                    "derive",
                    "out-of-memory",
                    "needs about " + estimate + " bytes beside the loaded versions",
                    "Raise worker.memory-max, or take versions out of deployment."));
        }
        try {
            return Answers.of(onnx, modelPackage);
        } finally {
            close(reservation.get());
        }
    }

    private static void close(AutoCloseable reservation) {
        try {
            reservation.close();
        } catch (Exception e) {
            throw new IllegalStateException("a reservation is only a number. This is a bug.", e);
        }
    }

    private static String sha256(Path file) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            try (var in = new DigestInputStream(Files.newInputStream(file), digest)) {
                var buffer = new byte[BUFFER_BYTES];
                while (in.read(buffer) >= 0) {
                    // Read for the digest's sake.
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256. This is a bug.", e);
        }
    }
}
