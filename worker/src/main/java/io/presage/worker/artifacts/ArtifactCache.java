package io.presage.worker.artifacts;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/// Unpacked packages on disk, one folder for each digest, bounded in bytes.
///
/// A package is fetched into `incoming/`, checked and unpacked there, synced, and renamed to its digest: a
/// folder with that name is whole. What a crash leaves in `incoming/` goes at the next start. The least
/// recently used folders go first, by the folder's modification time, which every use sets; one that a [Lease]
/// holds never goes, so what is in use may exceed the bound, and then nothing else is kept.
///
/// What engines make of a package (an optimised graph) lies in `derived/` under the same digest. It counts with
/// its package and goes with it; it may be lost or half written, and is then made anew.
///
/// Sizes and times of use are kept in memory too, so that a load does not look at every package.
///
/// Any thread. Two loads of one digest at a time do the work once: the second waits for the first.
public final class ArtifactCache {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final int BUFFER_BYTES = 256 << 10;

    private final Path packages;
    private final Path incoming;
    private final Path derived;
    private final long bytesMax;
    private final ArtifactSource source;
    private final InstantSource clock;
    private final AtomicLong names = new AtomicLong();
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Map<String, Entry> inUse = new HashMap<>();

    @GuardedBy("lock")
    private final Map<String, Kept> kept = new HashMap<>();

    private static final class Entry {
        private int leases;
        private boolean loading;
    }

    /// A package on disk.
    ///
    /// @param bytes with what was derived of it
    /// @param used last
    private record Kept(String sha256, long bytes, FileTime used) {}

    public ArtifactCache(Path directory, long bytesMax, ArtifactSource source, InstantSource clock) throws IOException {
        this.packages = directory.resolve("packages");
        this.incoming = directory.resolve("incoming");
        this.derived = directory.resolve("derived");
        this.bytesMax = bytesMax;
        this.source = source;
        this.clock = clock;
        deleteTree(incoming);
        Files.createDirectories(packages);
        Files.createDirectories(incoming);
        Files.createDirectories(derived);
        synchronized (lock) {
            for (var name : list(packages)) {
                kept.put(name, new Kept(name, bytesOnDisk(name), Files.getLastModifiedTime(packages.resolve(name))));
            }
            for (var name : list(derived)) {
                if (!kept.containsKey(name)) {
                    deleteTree(derived.resolve(name));
                }
            }
        }
    }

    private static List<String> list(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private long bytesOnDisk(String sha256) throws IOException {
        var made = derived.resolve(sha256);
        return bytesOf(packages.resolve(sha256)) + (Files.isDirectory(made) ? bytesOf(made) : 0);
    }

    /// A package that stays on disk until the lease is closed.
    public final class Lease implements AutoCloseable {
        private final String sha256;
        private final ModelPackage modelPackage;
        private boolean closed;

        private Lease(String sha256, ModelPackage modelPackage) {
            this.sha256 = sha256;
            this.modelPackage = modelPackage;
        }

        public ModelPackage modelPackage() {
            return modelPackage;
        }

        /// The folder for what an engine makes of this package, for this lease's time. It is there; what was left
        /// in it before may be half written: write elsewhere in it and rename.
        public Path derived() throws IOException {
            return Files.createDirectories(derived.resolve(sha256));
        }

        @Override
        public synchronized void close() {
            if (!closed) {
                closed = true;
                measure(sha256);
                release(sha256);
            }
        }
    }

    /// Brings the package here, if it is not, and reads it. `bytes`: of the package as it was uploaded.
    ///
    /// @throws PackageException with the card; [PackageException#isTransient] tells what is worth another try
    public Lease obtain(String sha256, long bytes) throws PackageException, InterruptedException {
        if (!SHA256.matcher(sha256).matches()) {
            throw PackageException.refused(
                    "fetch",
                    "digest-mismatch",
                    "digest '" + sha256 + "' (expected: 64 lower-case hexadecimal digits)",
                    "Upload the version again.");
        }
        begin(sha256);
        var done = false;
        try {
            var folder = packages.resolve(sha256);
            if (!Files.isDirectory(folder)) {
                fetch(sha256, bytes, folder);
            }
            var modelPackage = PackageReader.read(folder);
            keep(sha256);
            done = true;
            return new Lease(sha256, modelPackage);
        } catch (IOException e) {
            throw PackageException.unreachable(
                    "unreachable-artifact",
                    String.valueOf(e),
                    "It is tried again; see that the registry can be reached and the disk has room.",
                    e);
        } finally {
            end(sha256, done);
        }
    }

    private void begin(String sha256) throws InterruptedException {
        synchronized (lock) {
            var entry = inUse.computeIfAbsent(sha256, _ -> new Entry());
            entry.leases++;
            while (entry.loading) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    release(sha256);
                    throw e;
                }
            }
            entry.loading = true;
        }
    }

    private void end(String sha256, boolean keep) {
        synchronized (lock) {
            var entry = inUse.get(sha256);
            if (entry == null) {
                throw new IllegalStateException("package " + sha256 + " vanished while in use. This is a bug.");
            }
            entry.loading = false;
            if (!keep) {
                release(sha256);
            }
            lock.notifyAll();
        }
    }

    private void release(String sha256) {
        synchronized (lock) {
            inUse.computeIfPresent(sha256, (_, entry) -> --entry.leases == 0 ? null : entry);
        }
    }

    private void fetch(String sha256, long bytes, Path folder)
            throws PackageException, IOException, InterruptedException {
        var work = Files.createDirectory(incoming.resolve(nextName()));
        try {
            var file = work.resolve("package");
            try (var in = source.open(sha256)) {
                download(in, sha256, bytes, file);
            }
            var unpacked = Files.createDirectory(work.resolve("unpacked"));
            new PackageUnpacker(bytesMax).unpack(file, unpacked);
            // Refuses a bad manifest before the folder counts as whole.
            PackageReader.read(unpacked);
            sync(unpacked);
            Files.move(unpacked, folder, StandardCopyOption.ATOMIC_MOVE);
            syncDirectory(packages);
        } finally {
            deleteTree(work);
        }
    }

    private static void download(InputStream in, String sha256, long bytes, Path file)
            throws PackageException, IOException {
        var digest = sha256();
        long written = 0;
        var buffer = new byte[BUFFER_BYTES];
        try (var out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int n; (n = in.read(buffer)) >= 0; ) {
                written += n;
                if (written > bytes) {
                    throw mismatch("more than the " + bytes + " bytes that were announced");
                }
                digest.update(buffer, 0, n);
                var chunk = ByteBuffer.wrap(buffer, 0, n);
                while (chunk.hasRemaining()) {
                    out.write(chunk);
                }
            }
        }
        if (written < bytes) {
            throw new IOException("cut off after " + written + " of " + bytes + " bytes");
        }
        var actual = HexFormat.of().formatHex(digest.digest());
        if (!actual.equals(sha256)) {
            throw mismatch("SHA-256 " + actual + " (expected: " + sha256 + ")");
        }
    }

    private static PackageException mismatch(String evidence) {
        return PackageException.refused(
                "fetch",
                "digest-mismatch",
                evidence,
                "The stored bytes are damaged: restore the registry's artifact folder or upload again.");
    }

    /// What engines have derived meanwhile is counted when its user goes.
    private void measure(String sha256) {
        try {
            long bytes = bytesOnDisk(sha256);
            synchronized (lock) {
                kept.computeIfPresent(sha256, (_, before) -> new Kept(sha256, bytes, before.used()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Counts the package as used now, then deletes the least recently used ones that nobody holds until the
    /// rest is within the bound.
    private void keep(String sha256) throws IOException {
        var used = FileTime.from(clock.instant());
        Files.setLastModifiedTime(packages.resolve(sha256), used);
        long bytes = bytesOnDisk(sha256);
        synchronized (lock) {
            kept.put(sha256, new Kept(sha256, bytes, used));
            long total = kept.values().stream().mapToLong(Kept::bytes).sum();
            if (total <= bytesMax) {
                return;
            }
            for (var one : kept.values().stream()
                    .sorted(Comparator.comparing(Kept::used))
                    .toList()) {
                if (total <= bytesMax) {
                    return;
                }
                if (!inUse.containsKey(one.sha256())) {
                    delete(one.sha256());
                    kept.remove(one.sha256());
                    total -= one.bytes();
                }
            }
        }
    }

    private void delete(String sha256) throws IOException {
        // Renamed first: half a package never has a digest's name.
        var away = incoming.resolve(nextName());
        Files.move(packages.resolve(sha256), away, StandardCopyOption.ATOMIC_MOVE);
        deleteTree(away);
        deleteTree(derived.resolve(sha256));
    }

    /// Bytes of all packages on disk, with what was derived of them.
    public long bytesUsed() {
        synchronized (lock) {
            return kept.values().stream().mapToLong(Kept::bytes).sum();
        }
    }

    static long bytesOf(Path folder) throws IOException {
        long[] total = new long[1];
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                total[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                // Evicted meanwhile.
                return FileVisitResult.CONTINUE;
            }
        });
        return total[0];
    }

    private static void sync(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (var file : files.toList()) {
                if (Files.isRegularFile(file)) {
                    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        channel.force(true);
                    }
                } else {
                    syncDirectory(file);
                }
            }
        }
    }

    private static void syncDirectory(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (var files = Files.walk(root)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /// Unique in `incoming/`, which every start empties.
    private String nextName() {
        return Long.toString(names.incrementAndGet());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256. This is a bug.", e);
        }
    }
}
