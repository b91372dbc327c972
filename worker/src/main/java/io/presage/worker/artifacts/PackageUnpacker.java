package io.presage.worker.artifacts;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.ZipException;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/// Puts the files of an uploaded package into an empty folder and nothing anywhere else. A hostile archive
/// costs at most the bounds: 10,000 entries, 20 times its own size (at least 10 MiB), and `bytesMax`. For one
/// package; one thread.
final class PackageUnpacker {
    static final int ENTRIES_MAX = 10_000;
    static final int EXPANSION_MAX = 20;
    static final long EXPANSION_FLOOR_BYTES = 10L << 20;
    private static final int NAME_CHARS_MAX = 512;
    private static final int LOCAL_HEADER_BYTES = 30;

    private final long bytesMax;
    private final Set<String> names = new HashSet<>();
    private long room;
    private int entries;

    PackageUnpacker(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /// Moves or unpacks `file` into `folder`.
    void unpack(Path file, Path folder) throws PackageException, IOException {
        long bytes = Files.size(file);
        room = Math.min(bytesMax, Math.max(EXPANSION_FLOOR_BYTES, Math.multiplyExact(bytes, EXPANSION_MAX)));
        var kind = FileKind.of(file);
        switch (kind) {
            case ONNX -> {
                if (bytes > bytesMax) {
                    throw tooLarge(bytes + " bytes");
                }
                Files.move(file, folder.resolve("model.onnx"), StandardCopyOption.ATOMIC_MOVE);
            }
            case ZIP -> unzip(file, folder);
            case GZIP -> untar(file, folder);
            case TORCHSCRIPT, SAVED_MODEL, XGBOOST_JSON, XGBOOST_UBJ, LIGHTGBM, PICKLE, HDF5, UNKNOWN ->
                throw PackageException.refused(
                        "unpack", "unknown-format", "the file is of kind " + describe(kind, file), kind.advice());
        }
    }

    static String describe(FileKind kind, Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return kind + ", its first bytes are "
                    + java.util.HexFormat.ofDelimiter(" ").formatHex(in.readNBytes(8));
        }
    }

    private void unzip(Path file, Path folder) throws PackageException, IOException {
        try (var zip = ZipFile.builder().setPath(file).get()) {
            var all = Collections.list(zip.getEntries());
            checkOverlaps(all);
            for (var entry : all) {
                if (entry.getName().endsWith("/data.pkl") || entry.getName().equals("data.pkl")) {
                    throw PackageException.refused(
                            "unpack",
                            "unknown-format",
                            "a PyTorch archive: it holds " + entry.getName(),
                            FileKind.PICKLE.advice());
                }
                var rawName = entry.getRawName();
                for (int i = 0; rawName != null && i < rawName.length; i++) {
                    // The library turns those of some archives into slashes.
                    if (rawName[i] == '\\') {
                        throw unsafe("entry '" + cut(entry.getName()) + "' has a backslash in its name");
                    }
                }
                if (entry.isUnixSymlink()) {
                    throw unsafe("entry '" + entry.getName() + "' is a link");
                }
                if ((entry.getMethod() != ZipArchiveEntry.STORED && entry.getMethod() != ZipArchiveEntry.DEFLATED)
                        || entry.getGeneralPurposeBit().usesEncryption()) {
                    throw corrupt("entry '" + entry.getName() + "' is encrypted or compressed with method "
                            + entry.getMethod() + " (expected: stored or deflated)");
                }
                var target = target(folder, entry.getName(), entry.isDirectory());
                if (!entry.isDirectory()) {
                    try (var in = zip.getInputStream(entry)) {
                        copy(in, target, entry.getName());
                    }
                }
            }
        } catch (ZipException e) {
            throw corrupt("zip: " + e.getMessage());
        }
    }

    /// Entries that share bytes are how a small zip expands without end ("a better zip bomb", Fifield 2019).
    private static void checkOverlaps(List<ZipArchiveEntry> all) throws PackageException {
        var sorted = new ArrayList<>(all);
        sorted.sort(Comparator.comparingLong(ZipArchiveEntry::getDataOffset));
        long end = 0;
        for (var entry : sorted) {
            if (entry.getDataOffset() - LOCAL_HEADER_BYTES < end) {
                throw unsafe("entry '" + entry.getName() + "' overlaps another");
            }
            end = entry.getDataOffset() + entry.getCompressedSize();
        }
    }

    private void untar(Path file, Path folder) throws PackageException, IOException {
        try (var bytes = Files.newInputStream(file);
                var gzip = GzipCompressorInputStream.builder()
                        .setInputStream(bytes)
                        .setDecompressConcatenated(true)
                        .get();
                var tar = new TarArchiveInputStream(new Bounded(gzip))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isDirectory()) {
                    target(folder, entry.getName(), true);
                } else if (entry.isFile() && !entry.isSparse() && !entry.isLink() && !entry.isSymbolicLink()) {
                    copy(tar, target(folder, entry.getName(), false), entry.getName());
                } else {
                    throw unsafe("entry '" + entry.getName() + "' is a link or a special file");
                }
            }
            if (entries == 0) {
                throw corrupt("no tar archive inside the gzip");
            }
        } catch (TooLargeException e) {
            throw tooLarge(e.getMessage());
        } catch (java.io.EOFException | IllegalArgumentException e) {
            throw corrupt("tar.gz: " + e.getMessage());
        } catch (IOException e) {
            if (e instanceof java.nio.file.FileSystemException) {
                throw e;
            }
            throw corrupt("tar.gz: " + e.getMessage());
        }
    }

    /// Checks the name and makes the folders that it lies in.
    private Path target(Path folder, String name, boolean isDirectory) throws PackageException, IOException {
        if (++entries > ENTRIES_MAX) {
            throw unsafe("more than " + ENTRIES_MAX + " entries");
        }
        var plain = isDirectory && name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        if (plain.startsWith("./")) {
            plain = plain.substring(2);
        }
        if (isDirectory && (plain.isEmpty() || plain.equals("."))) {
            return folder;
        }
        checkName(plain, name);
        // One name in two cases would be two files here and one elsewhere.
        if (!names.add(plain.toLowerCase(Locale.ROOT))) {
            throw unsafe("entry '" + name + "' is there twice");
        }
        var target = folder.resolve(plain).normalize();
        if (!target.startsWith(folder)) {
            throw unsafe("entry '" + name + "' leaves the package");
        }
        try {
            Files.createDirectories(isDirectory ? target : parentOf(target));
        } catch (FileAlreadyExistsException | NotDirectoryException e) {
            throw unsafe("entry '" + name + "' is a file and a folder");
        }
        return target;
    }

    private static Path parentOf(Path path) {
        var parent = path.getParent();
        if (parent == null) {
            throw new IllegalStateException(path + " has no parent. This is a bug.");
        }
        return parent;
    }

    private static void checkName(String plain, String name) throws PackageException {
        if (plain.length() > NAME_CHARS_MAX || plain.startsWith("/") || plain.contains("\\") || plain.contains(":")) {
            throw unsafe("entry '" + cut(name) + "' (expected: a relative path of at most " + NAME_CHARS_MAX
                    + " characters with '/' between its parts)");
        }
        for (int i = 0; i < plain.length(); i++) {
            if (Character.isISOControl(plain.charAt(i))) {
                throw unsafe("entry '" + cut(name) + "' has a control character in its name");
            }
        }
        for (var part : plain.split("/", -1)) {
            if (part.isEmpty() || part.equals("..") || part.equals(".")) {
                throw unsafe("entry '" + cut(name) + "' has a part '" + part + "'");
            }
        }
    }

    private void copy(InputStream in, Path target, String name) throws PackageException, IOException {
        var buffer = new byte[64 << 10];
        try (var out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
            for (int n; (n = in.read(buffer)) >= 0; ) {
                room -= n;
                if (room < 0) {
                    throw tooLarge("entry '" + cut(name) + "' and those before it");
                }
                out.write(buffer, 0, n);
            }
        } catch (FileAlreadyExistsException e) {
            throw unsafe("entry '" + cut(name) + "' is a file and a folder");
        }
    }

    private static String cut(String name) {
        return name.length() <= 80 ? name : name.substring(0, 80) + "...";
    }

    private static PackageException unsafe(String evidence) {
        return PackageException.refused(
                "unpack", "unsafe-package", evidence, "Pack plain files with plain relative names, each once.");
    }

    private static PackageException corrupt(String evidence) {
        return PackageException.refused(
                "unpack", "corrupt-package", evidence, "Pack the files again and upload whole.");
    }

    private PackageException tooLarge(String what) {
        return PackageException.refused(
                "unpack",
                "unsafe-package",
                what + " unpack to more than " + EXPANSION_MAX + " times the package (at least " + EXPANSION_FLOOR_BYTES
                        + " bytes), or more than " + bytesMax + " bytes",
                "Leave out what the model does not need, or raise worker.artifacts.bytes-max.");
    }

    private static final class TooLargeException extends IOException {
        TooLargeException(String message) {
            super(message);
        }

        @Override
        public String getMessage() {
            return String.valueOf(super.getMessage());
        }
    }

    /// Counts what comes out of the gzip, headers and padding too: a tar of nothing but padding is bounded as
    /// well.
    private final class Bounded extends java.io.FilterInputStream {
        private long left = room + (long) ENTRIES_MAX * 2048;

        Bounded(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            if (b >= 0) {
                count(1);
            }
            return b;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return count(super.read(bytes, offset, length));
        }

        private int count(int n) throws IOException {
            left -= Math.max(n, 0);
            if (left < 0) {
                throw new TooLargeException("the archive's entries");
            }
            return n;
        }
    }
}
