package io.presage.worker.artifacts;

import static io.presage.worker.artifacts.Refusal.corrupt;
import static io.presage.worker.artifacts.Refusal.cut;
import static io.presage.worker.artifacts.Refusal.unsafe;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/// Puts the files of an uploaded package into an empty folder and nothing anywhere else. A hostile archive
/// costs at most the bounds: 10,000 entries, 20 times its own size (at least 10 MiB), and `bytesMax`. For one
/// package; one thread.
final class PackageUnpacker {
    static final int ENTRIES_MAX = 10_000;
    static final int EXPANSION_MAX = 20;
    static final long EXPANSION_FLOOR_BYTES = 10L << 20;
    private static final int BUFFER_BYTES = 64 << 10;

    private final long bytesMax;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private long room;

    PackageUnpacker(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /// Moves or unpacks `file` into `folder`.
    void unpack(Path file, Path folder) throws PackageException, IOException {
        long bytes = Files.size(file);
        room = Math.min(bytesMax, Math.max(EXPANSION_FLOOR_BYTES, Math.multiplyExact(bytes, EXPANSION_MAX)));
        var kind = FileKind.of(file);
        switch (kind) {
            case ONNX, XGBOOST_JSON, XGBOOST_UBJ, LIGHTGBM -> keep(file, bytes, folder, kind);
            case TORCHSCRIPT -> {
                checkZip(file);
                keep(file, bytes, folder, kind);
            }
            case SAVED_MODEL ->
                throw refused(
                        kind,
                        file,
                        "A SavedModel is a folder: pack saved_model.pb and variables/ into one zip or tar.gz.");
            case ZIP -> unzip(file, new Target(folder));
            case GZIP -> untar(file, new Target(folder));
            case TORCH_PICKLE,
                    PICKLE,
                    R_DATA,
                    HDF5,
                    KERAS,
                    TFLITE,
                    PMML,
                    COREML,
                    GGUF,
                    SAFETENSORS,
                    CATBOOST,
                    XGBOOST_OLD,
                    COMPRESSED,
                    UNKNOWN -> throw refused(kind, file, kind.advice());
        }
    }

    /// The card of a file that no engine reads.
    static PackageException refused(FileKind kind, Path file, String advice) throws IOException {
        return PackageException.refused(
                "unpack",
                kind.runsCodeWhenRead() ? "unsafe-format" : "unknown-format",
                "the file is of kind " + describe(kind, file),
                advice);
    }

    static String describe(FileKind kind, Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return kind + ", its first bytes are " + HexFormat.ofDelimiter(" ").formatHex(in.readNBytes(8));
        }
    }

    /// An archive that is never unpacked here, but by a runtime that trusts it.
    static void checkZip(Path file) throws PackageException, IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ZipIndex.read(channel);
        }
    }

    private void keep(Path file, long bytes, Path folder, FileKind kind) throws PackageException, IOException {
        if (bytes > bytesMax) {
            throw tooLarge(bytes + " bytes");
        }
        Files.move(file, folder.resolve("model." + kind.extension()), StandardCopyOption.ATOMIC_MOVE);
    }

    private void unzip(Path file, Target target) throws PackageException, IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            var entries = ZipIndex.read(channel);
            long claimed = 0;
            for (var entry : entries) {
                claimed += entry.bytes();
                if (claimed < 0 || claimed > room) {
                    throw tooLarge("entry '" + cut(entry.name()) + "' and those before it");
                }
            }
            for (var entry : entries) {
                if (entry.type() != 0 && entry.type() != 4 && entry.type() != 8) {
                    throw unsafe("entry '" + cut(entry.name()) + "' is a link or a special file");
                }
                if (entry.isDirectory()) {
                    if (entry.bytes() != 0) {
                        throw unsafe("folder '" + cut(entry.name()) + "' has " + entry.bytes() + " bytes");
                    }
                    target.folder(entry.name());
                } else {
                    try (var out = target.file(entry.name())) {
                        copy(channel, entry, out);
                    }
                }
            }
        }
    }

    /// Writes exactly the bytes that the entry claims.
    private void copy(FileChannel from, ZipIndex.Entry entry, FileChannel out) throws PackageException, IOException {
        var crc = new CRC32();
        long written = 0;
        long at = entry.dataStart();
        long left = entry.packedBytes();
        var packed = ByteBuffer.allocate(BUFFER_BYTES);
        var inflater = new Inflater(true);
        try {
            while (left > 0 && !inflater.finished()) {
                packed.clear().limit((int) Math.min(BUFFER_BYTES, left));
                int n = from.read(packed, at);
                if (n < 0) {
                    throw corrupt("zip: cut off in entry '" + cut(entry.name()) + "'");
                }
                at += n;
                left -= n;
                if (entry.method() == ZipIndex.STORED) {
                    written = write(packed.array(), n, written, entry, crc, out);
                } else {
                    inflater.setInput(packed.array(), 0, n);
                    for (int m; (m = inflater.inflate(buffer)) > 0; ) {
                        written = write(buffer, m, written, entry, crc, out);
                    }
                }
            }
            boolean isWhole = entry.method() == ZipIndex.STORED
                    || (inflater.finished() && left == 0 && inflater.getRemaining() == 0);
            if (!isWhole || written != entry.bytes() || (int) crc.getValue() != entry.crc()) {
                throw corrupt("zip: the bytes of entry '" + cut(entry.name())
                        + "' are not those that its length and checksum tell of");
            }
        } catch (DataFormatException e) {
            throw corrupt("zip: entry '" + cut(entry.name()) + "': " + e.getMessage());
        } finally {
            inflater.end();
        }
    }

    private static long write(byte[] bytes, int count, long written, ZipIndex.Entry entry, CRC32 crc, FileChannel out)
            throws PackageException, IOException {
        if (written + count > entry.bytes()) {
            throw unsafe("entry '" + cut(entry.name()) + "' unpacks to more than the " + entry.bytes()
                    + " bytes that it claims");
        }
        crc.update(bytes, 0, count);
        writeAll(bytes, count, out);
        return written + count;
    }

    private static void writeAll(byte[] bytes, int count, FileChannel out) throws IOException {
        var chunk = ByteBuffer.wrap(bytes, 0, count);
        while (chunk.hasRemaining()) {
            out.write(chunk);
        }
    }

    private void untar(Path file, Target target) throws PackageException, IOException {
        try (var bytes = Files.newInputStream(file);
                var gzip = new GZIPInputStream(bytes, BUFFER_BYTES)) {
            var tar = new TarReader(new Bounded(gzip));
            for (var entry = tar.next(); entry != null; entry = tar.next()) {
                if (entry.isDirectory()) {
                    target.folder(entry.name());
                } else {
                    if (entry.bytes() < 0 || entry.bytes() > room) {
                        throw tooLarge("entry '" + cut(entry.name()) + "' and those before it");
                    }
                    room -= entry.bytes();
                    try (var out = target.file(entry.name())) {
                        for (int n; (n = tar.read(buffer)) >= 0; ) {
                            writeAll(buffer, n, out);
                        }
                    }
                }
            }
            if (target.isEmpty()) {
                throw corrupt("tar.gz: no entries");
            }
        } catch (TooLargeException e) {
            throw tooLarge("the archive's entries");
        } catch (ZipException | EOFException e) {
            throw corrupt("tar.gz: " + e.getMessage());
        }
    }

    private PackageException tooLarge(String what) {
        return PackageException.refused(
                "unpack",
                "unsafe-package",
                what + " unpack to more than " + EXPANSION_MAX + " times the package (at least " + EXPANSION_FLOOR_BYTES
                        + " bytes), or more than " + bytesMax + " bytes",
                "Leave out what the model does not need, or raise worker.artifacts.bytes-max.");
    }

    private static final class TooLargeException extends IOException {}

    /// Counts what comes out of the gzip, headers and padding too: a tar of nothing but padding is bounded as
    /// well.
    private final class Bounded extends FilterInputStream {
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

        private int count(int n) throws TooLargeException {
            left -= Math.max(n, 0);
            if (left < 0) {
                throw new TooLargeException();
            }
            return n;
        }
    }
}
