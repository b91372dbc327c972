package io.presage.registry.artifacts;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Packages on disk, named by the SHA-256 of their bytes: `sha256/ab/abcdef...`.
///
/// An upload is written to `incoming/`, digested on the way, fsynced, and renamed into its place only after the
/// transaction that names it has done everything but commit; then both directories are fsynced. So a version
/// that was acknowledged has its bytes, and bytes that nobody acknowledged are in `incoming/` at most, where
/// [#sweep] finds them. Every file in `incoming/` is locked by the process that writes it; the lock ends with
/// the process. Any thread.
public final class ArtifactStore {
    private static final Logger log = LoggerFactory.getLogger(ArtifactStore.class);
    private static final int BUFFER_BYTES = 128 * 1024;

    private final Path directory;
    private final Path incoming;
    private final long bytesMax;
    private final Semaphore uploads;
    private final Disk disk;
    private final Counter uploadedBytes;

    ArtifactStore(ArtifactProperties properties, Disk disk, MeterRegistry meters) {
        this.directory = properties.directory().toAbsolutePath().normalize();
        this.incoming = directory.resolve("incoming");
        this.bytesMax = properties.bytesMax().toBytes();
        this.uploads = new Semaphore(properties.uploadsMax());
        this.disk = disk;
        this.uploadedBytes = Counter.builder("presage.registry.upload")
                .baseUnit("bytes")
                .description("Package bytes received")
                .register(meters);
        meters.gauge("presage.registry.uploads.permits", uploads, Semaphore::availablePermits);
    }

    /// Reads `body` to its end with constant memory.
    ///
    /// @param lengthAnnounced bytes by Content-Length; -1 when not known
    /// @param sha256Expected lower-case hex, or null for "whatever comes"
    /// @throws ProblemException BODY_TOO_LARGE, DIGEST_MISMATCH, INVALID_PACKAGE for an empty body, OVERLOADED,
    ///     STORAGE_FULL; nothing is left on disk then
    /// @throws IOException when the body breaks off; nothing is left on disk then
    public Upload receive(InputStream body, long lengthAnnounced, @Nullable String sha256Expected) throws IOException {
        requireSize(lengthAnnounced);
        if (!uploads.tryAcquire()) {
            throw ProblemException.retryAfter(Problem.OVERLOADED, "too many uploads at the same time", 5);
        }
        try {
            return receiveAdmitted(body, lengthAnnounced, sha256Expected);
        } finally {
            uploads.release();
        }
    }

    private Upload receiveAdmitted(InputStream body, long lengthAnnounced, @Nullable String sha256Expected)
            throws IOException {
        Path file = null;
        FileChannel channel = null;
        boolean whole = false;
        try {
            Files.createDirectories(incoming);
            if (lengthAnnounced > Files.getFileStore(incoming).getUsableSpace()) {
                throw full(null);
            }
            file = Files.createTempFile(incoming, "upload-", ".part");
            channel = FileChannel.open(file, StandardOpenOption.WRITE);
            channel.lock();
            var digest = sha256();
            long bytes = copy(body, channel, digest);
            var sha256 = HexFormat.of().formatHex(digest.digest());
            requireDigest(sha256, sha256Expected);
            channel.force(true);
            whole = true;
            return new Upload(file, channel, sha256, bytes);
        } catch (IOException e) {
            if (isFull(e)) {
                throw full(e);
            }
            throw e;
        } finally {
            if (!whole) {
                discard(file, channel);
            }
        }
    }

    private long copy(InputStream body, FileChannel channel, MessageDigest digest) throws IOException {
        var buffer = new byte[BUFFER_BYTES];
        long bytes = 0;
        int read;
        while ((read = body.read(buffer)) >= 0) {
            bytes += read;
            requireSize(bytes);
            digest.update(buffer, 0, read);
            disk.write(channel, ByteBuffer.wrap(buffer, 0, read));
            uploadedBytes.increment(read);
        }
        if (bytes == 0) {
            throw new ProblemException(Problem.INVALID_PACKAGE, "body: empty (expected: the bytes of a package)");
        }
        return bytes;
    }

    /// Moves `upload` to its place, durably, or does nothing when its bytes are there already. Called last
    /// before the commit of the transaction that names it.
    public void keep(Upload upload) throws IOException {
        var target = path(upload.sha256());
        if (Files.exists(target) && Files.size(target) == upload.bytes()) {
            return;
        }
        var parent = directory.resolve("sha256").resolve(upload.sha256().substring(0, 2));
        try {
            Files.createDirectories(parent);
            Files.move(upload.file(), target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            sync(parent);
            sync(directory.resolve("sha256"));
            sync(directory);
        } catch (IOException e) {
            if (isFull(e)) {
                throw full(e);
            }
            throw e;
        }
    }

    /// Where the bytes of `sha256` lie; empty when there are none.
    public Optional<Path> find(String sha256) {
        if (!Digests.isSha256(sha256)) {
            return Optional.empty();
        }
        return Optional.of(path(sha256)).filter(Files::isRegularFile);
    }

    /// Deletes what broken uploads of processes that ended have left. Called once, at start.
    int sweep() throws IOException {
        Files.createDirectories(incoming);
        int swept = 0;
        try (var files = Files.newDirectoryStream(incoming, "upload-*.part")) {
            for (var file : files) {
                swept += sweep(file) ? 1 : 0;
            }
        }
        if (swept > 0) {
            log.info("event=uploads-swept files={} directory={}", swept, incoming);
        }
        return swept;
    }

    private static boolean sweep(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE);
                var lock = channel.tryLock()) {
            return lock != null && Files.deleteIfExists(file);
        } catch (OverlappingFileLockException _) {
            return false;
        }
    }

    private Path path(String sha256) {
        return directory.resolve("sha256").resolve(sha256.substring(0, 2)).resolve(sha256);
    }

    private void requireSize(long bytes) {
        if (bytes > bytesMax) {
            throw new ProblemException(
                    Problem.BODY_TOO_LARGE,
                    "package: " + bytes + " bytes or more (expected: at most " + bytesMax
                            + ", registry.artifacts.bytes-max)");
        }
    }

    private static void requireDigest(String sha256, @Nullable String expected) {
        if (expected != null && !expected.equals(sha256)) {
            throw new ProblemException(
                    Problem.DIGEST_MISMATCH, "sha256: " + sha256 + " arrived (expected: " + expected + ")");
        }
    }

    private static void discard(@Nullable Path file, @Nullable FileChannel channel) throws IOException {
        if (file != null) {
            Files.deleteIfExists(file);
        }
        if (channel != null) {
            channel.close();
        }
    }

    private static void sync(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// Java has no type for ENOSPC and EDQUOT, only the words of the C library.
    private static boolean isFull(IOException e) {
        var message = String.valueOf(e.getMessage());
        return message.contains("No space left on device") || message.contains("Disk quota exceeded");
    }

    private static ProblemException full(@Nullable IOException cause) {
        log.warn("event=storage-full");
        return new ProblemException(
                Problem.STORAGE_FULL, "the registry's disk has no room for this package; nothing was kept", cause);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256. This is a bug.", e);
        }
    }
}
