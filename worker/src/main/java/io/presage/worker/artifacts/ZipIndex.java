package io.presage.worker.artifacts;

import static io.presage.worker.artifacts.Refusal.corrupt;
import static io.presage.worker.artifacts.Refusal.cut;
import static io.presage.worker.artifacts.Refusal.unsafe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The directory of a zip file, believed only where everything in the file says the same.
///
/// Zip readers differ in what they believe: the directory at the end, or the headers before each entry. A file
/// that tells them different things is an attack on one of them, so each entry must agree with its header, and
/// entries, directory and end record must fill the file without a gap and without sharing a byte ("a better zip
/// bomb", Fifield 2019). Reads headers only; memory is bounded by [#DIRECTORY_BYTES_MAX]. Field offsets are
/// those of PKWARE's APPNOTE.
final class ZipIndex {
    private static final int DIRECTORY_BYTES_MAX = 16 << 20;
    private static final int END_BYTES = 22;
    private static final int COMMENT_BYTES_MAX = 65_535;
    private static final int LOCATOR_BYTES = 20;
    private static final int END64_BYTES = 56;
    private static final int ENTRY_BYTES = 46;
    private static final int HEADER_BYTES = 30;

    private static final int END_SIGNATURE = 0x06054b50;
    private static final int LOCATOR_SIGNATURE = 0x07064b50;
    private static final int END64_SIGNATURE = 0x06064b50;
    private static final int ENTRY_SIGNATURE = 0x02014b50;
    private static final int HEADER_SIGNATURE = 0x04034b50;
    private static final int DESCRIPTOR_SIGNATURE = 0x08074b50;

    private static final int ENCRYPTED = 0x2041;
    private static final int DESCRIPTOR = 8;
    private static final int EXTRA_ZIP64 = 1;
    private static final int EXTRA_UNICODE_PATH = 0x7075;
    private static final long MARK = 0xffff_ffffL;

    static final int STORED = 0;
    static final int DEFLATED = 8;

    private final FileChannel file;
    private final long fileBytes;
    private final List<Entry> entries = new ArrayList<>();
    private long directoryStart;

    /// One entry.
    ///
    /// @param headerStart of its local header in the file
    /// @param dataStart of its bytes in the file
    /// @param packedBytes in the file
    /// @param bytes unpacked
    /// @param crc CRC-32 of the unpacked bytes
    record Entry(
            String name,
            byte[] rawName,
            int flags,
            int method,
            int type,
            long headerStart,
            long dataStart,
            long packedBytes,
            long bytes,
            int crc) {
        boolean isDirectory() {
            return name.endsWith("/");
        }

        Entry at(long start) {
            return new Entry(name, rawName, flags, method, type, headerStart, start, packedBytes, bytes, crc);
        }
    }

    private ZipIndex(FileChannel file) throws IOException {
        this.file = file;
        this.fileBytes = file.size();
    }

    /// The names in the directory, unchecked otherwise.
    static List<String> names(Path path) throws PackageException, IOException {
        try (var file = FileChannel.open(path, StandardOpenOption.READ)) {
            var index = new ZipIndex(file);
            index.readDirectory();
            return index.entries.stream().map(Entry::name).toList();
        }
    }

    /// All entries in the order of their bytes, checked as above.
    static List<Entry> read(FileChannel file) throws PackageException, IOException {
        var index = new ZipIndex(file);
        index.readDirectory();
        return index.layout();
    }

    private void readDirectory() throws PackageException, IOException {
        long end = findEnd();
        var record = bytes(end, END_BYTES, "end record");
        long onDisk = unsigned(record.getShort(8));
        long count = unsigned(record.getShort(10));
        long size = unsigned(record.getInt(12));
        long start = unsigned(record.getInt(16));
        if (record.getShort(4) != 0 || record.getShort(6) != 0 || onDisk != count) {
            throw corrupt("zip: a part of a split archive");
        }
        long directoryEnd = end;
        var end64 = end64(end);
        if (end64 != null) {
            directoryEnd = end - LOCATOR_BYTES - END64_BYTES;
            long count64 = end64.getLong(32);
            long size64 = end64.getLong(40);
            long start64 = end64.getLong(48);
            if (!agree(count, 0xffff, count64) || !agree(size, MARK, size64) || !agree(start, MARK, start64)) {
                throw corrupt("zip: its two end records disagree");
            }
            count = count64;
            size = size64;
            start = start64;
        }
        if (count > PackageUnpacker.ENTRIES_MAX) {
            throw unsafe("more than " + PackageUnpacker.ENTRIES_MAX + " entries: " + Long.toUnsignedString(count));
        }
        if (start < 0 || size < 0 || size > directoryEnd || start != directoryEnd - size) {
            throw corrupt("zip: a directory of " + Long.toUnsignedString(size) + " bytes at "
                    + Long.toUnsignedString(start) + " does not end where the end record begins, at " + directoryEnd);
        }
        if (size > DIRECTORY_BYTES_MAX) {
            throw unsafe("a directory of " + size + " bytes (expected: at most " + DIRECTORY_BYTES_MAX + ")");
        }
        directoryStart = start;
        var directory = bytes(start, (int) size, "directory");
        while (directory.hasRemaining()) {
            if (entries.size() == PackageUnpacker.ENTRIES_MAX) {
                throw unsafe("more than " + PackageUnpacker.ENTRIES_MAX + " entries");
            }
            entries.add(entry(directory));
        }
        if (entries.size() != count) {
            throw corrupt("zip: " + entries.size() + " entries (its end record says: " + count + ")");
        }
    }

    /// Where the end record begins: its comment reaches to the end of the file.
    private long findEnd() throws PackageException, IOException {
        int length = (int) Math.min(fileBytes, END_BYTES + COMMENT_BYTES_MAX);
        var tail = bytes(fileBytes - length, length, "end");
        long found = -1;
        for (int at = length - END_BYTES; at >= 0; at--) {
            if (tail.getInt(at) == END_SIGNATURE && unsigned(tail.getShort(at + 20)) == length - at - END_BYTES) {
                if (found >= 0) {
                    throw unsafe("two end records, of which each could be the archive's");
                }
                found = fileBytes - length + at;
            }
        }
        if (found < 0) {
            throw corrupt("zip: no end record; the file is cut off, or something follows the archive");
        }
        return found;
    }

    private @Nullable ByteBuffer end64(long end) throws PackageException, IOException {
        if (end < LOCATOR_BYTES + END64_BYTES) {
            return null;
        }
        var locator = bytes(end - LOCATOR_BYTES, LOCATOR_BYTES, "locator");
        if (locator.getInt(0) != LOCATOR_SIGNATURE) {
            return null;
        }
        long at = end - LOCATOR_BYTES - END64_BYTES;
        var record = bytes(at, END64_BYTES, "zip64 end record");
        if (locator.getLong(8) != at
                || record.getInt(0) != END64_SIGNATURE
                || record.getLong(4) != END64_BYTES - 12
                || record.getLong(24) != record.getLong(32)) {
            throw corrupt("zip: the zip64 end record is not where its locator says, or broken");
        }
        return record;
    }

    private static boolean agree(long small, long mark, long large) {
        return small == mark || small == large;
    }

    /// Reads the entry at the buffer's position and moves behind it.
    private static Entry entry(ByteBuffer directory) throws PackageException {
        int at = directory.position();
        if (directory.remaining() < ENTRY_BYTES || directory.getInt(at) != ENTRY_SIGNATURE) {
            throw corrupt("zip: no entry at byte " + at + " of the directory");
        }
        int flags = (int) unsigned(directory.getShort(at + 8));
        int method = (int) unsigned(directory.getShort(at + 10));
        int crc = directory.getInt(at + 16);
        long packed = unsigned(directory.getInt(at + 20));
        long bytes = unsigned(directory.getInt(at + 24));
        int nameBytes = (int) unsigned(directory.getShort(at + 28));
        int extraBytes = (int) unsigned(directory.getShort(at + 30));
        int commentBytes = (int) unsigned(directory.getShort(at + 32));
        // The upper half is the Unix mode where there is one; its upper four bits the type.
        int type = directory.getInt(at + 38) >>> 28;
        long start = unsigned(directory.getInt(at + 42));
        if (directory.remaining() < ENTRY_BYTES + nameBytes + extraBytes + commentBytes) {
            throw corrupt("zip: an entry reaches beyond the directory");
        }
        var rawName = new byte[nameBytes];
        directory.get(at + ENTRY_BYTES, rawName);
        var name = utf8(rawName);
        var extra = directory.slice(at + ENTRY_BYTES + nameBytes, extraBytes).order(ByteOrder.LITTLE_ENDIAN);
        directory.position(at + ENTRY_BYTES + nameBytes + extraBytes + commentBytes);
        checkUnicodePath(extra, rawName, name);
        var large = extra(extra, EXTRA_ZIP64, name);
        if (large != null) {
            if (bytes == MARK) {
                bytes = next(large, name);
            }
            if (packed == MARK) {
                packed = next(large, name);
            }
            if (start == MARK) {
                start = next(large, name);
            }
        }
        return new Entry(name, rawName, flags, method, type, start, -1, packed, bytes, crc);
    }

    private static long next(ByteBuffer large, String name) throws PackageException {
        if (large.remaining() < 8) {
            throw corrupt("zip: entry '" + cut(name) + "' has too short a zip64 field");
        }
        return large.getLong();
    }

    /// The field with this id; null when there is none.
    private static @Nullable ByteBuffer extra(ByteBuffer all, int id, String name) throws PackageException {
        ByteBuffer found = null;
        int at = 0;
        // Fewer than four bytes are padding, as zipalign leaves it.
        while (all.limit() - at >= 4) {
            int length = (int) unsigned(all.getShort(at + 2));
            if (length > all.limit() - at - 4) {
                throw corrupt("zip: entry '" + cut(name) + "' has an extra field of " + length
                        + " bytes, which is more than there are");
            }
            if (unsigned(all.getShort(at)) == id) {
                if (found != null) {
                    throw unsafe("entry '" + cut(name) + "' has an extra field twice");
                }
                found = all.slice(at + 4, length).order(ByteOrder.LITTLE_ENDIAN);
            }
            at += 4 + length;
        }
        return found;
    }

    /// Some readers take the name from here.
    private static void checkUnicodePath(ByteBuffer extra, byte[] rawName, String name) throws PackageException {
        var path = extra(extra, EXTRA_UNICODE_PATH, name);
        if (path != null) {
            var other = new byte[Math.max(0, path.limit() - 5)];
            path.get(Math.min(5, path.limit()), other);
            if (!Arrays.equals(other, rawName)) {
                throw unsafe("entry '" + cut(name) + "' has another name in an extra field");
            }
        }
    }

    private static String utf8(byte[] raw) throws PackageException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(raw))
                    .toString();
        } catch (CharacterCodingException e) {
            throw unsafe("an entry's name is not UTF-8: " + cut(new String(raw, StandardCharsets.ISO_8859_1)));
        }
    }

    private List<Entry> layout() throws PackageException, IOException {
        entries.sort(Comparator.comparingLong(Entry::headerStart));
        var placed = new ArrayList<Entry>(entries.size());
        long at = 0;
        for (int i = 0; i < entries.size(); i++) {
            var entry = entries.get(i);
            if (entry.headerStart() < at) {
                throw unsafe("entry '" + cut(entry.name()) + "' overlaps another");
            }
            if (entry.headerStart() > at) {
                throw unsafe("entry '" + cut(entry.name()) + "' follows " + (entry.headerStart() - at)
                        + " bytes that belong to no entry");
            }
            var here = place(entry);
            placed.add(here);
            at = here.dataStart() + here.packedBytes();
            long next = i + 1 < entries.size() ? entries.get(i + 1).headerStart() : directoryStart;
            if (next != at && (entry.flags() & DESCRIPTOR) != 0) {
                at += descriptorBytes(here, at, next - at);
            }
        }
        if (at != directoryStart) {
            throw unsafe((directoryStart - at) + " bytes before the directory belong to no entry");
        }
        return placed;
    }

    /// Compares the entry with the header before its bytes.
    private Entry place(Entry entry) throws PackageException, IOException {
        long start = entry.headerStart();
        if (start > directoryStart - HEADER_BYTES) {
            throw corrupt("zip: entry '" + cut(entry.name()) + "' begins beyond the archive");
        }
        var header = bytes(start, HEADER_BYTES, "header");
        int nameBytes = (int) unsigned(header.getShort(26));
        int extraBytes = (int) unsigned(header.getShort(28));
        long dataStart = start + HEADER_BYTES + nameBytes + extraBytes;
        if (header.getInt(0) != HEADER_SIGNATURE || dataStart > directoryStart) {
            throw corrupt("zip: entry '" + cut(entry.name()) + "' has no header where the directory says");
        }
        if (entry.packedBytes() < 0 || entry.bytes() < 0 || entry.packedBytes() > directoryStart - dataStart) {
            throw corrupt("zip: entry '" + cut(entry.name()) + "' claims " + Long.toUnsignedString(entry.packedBytes())
                    + " bytes, " + (directoryStart - dataStart) + " are left");
        }
        if ((entry.flags() & ENCRYPTED) != 0 || (entry.method() != STORED && entry.method() != DEFLATED)) {
            throw corrupt("entry '" + cut(entry.name()) + "' is encrypted or compressed with method " + entry.method()
                    + " (expected: stored or deflated)");
        }
        if (entry.method() == STORED && entry.packedBytes() != entry.bytes()) {
            throw corrupt("zip: entry '" + cut(entry.name()) + "' is stored in " + entry.packedBytes()
                    + " bytes and unpacks to " + entry.bytes());
        }
        var rest = bytes(start + HEADER_BYTES, nameBytes + extraBytes, "header");
        var name = new byte[nameBytes];
        rest.get(0, name);
        var extra = rest.slice(nameBytes, extraBytes).order(ByteOrder.LITTLE_ENDIAN);
        checkUnicodePath(extra, name, entry.name());
        if (!Arrays.equals(name, entry.rawName())
                || unsigned(header.getShort(6)) != entry.flags()
                || unsigned(header.getShort(8)) != entry.method()
                || !sameSizes(entry, header, extra(extra, EXTRA_ZIP64, entry.name()))) {
            throw unsafe("entry '" + cut(entry.name()) + "' is described otherwise by its own header");
        }
        return entry.at(dataStart);
    }

    private static boolean sameSizes(Entry entry, ByteBuffer header, @Nullable ByteBuffer large)
            throws PackageException {
        int crc = header.getInt(14);
        long packed = unsigned(header.getInt(18));
        long bytes = unsigned(header.getInt(22));
        if (large != null) {
            bytes = bytes == MARK ? next(large, entry.name()) : bytes;
            packed = packed == MARK ? next(large, entry.name()) : packed;
        }
        boolean later = (entry.flags() & DESCRIPTOR) != 0;
        return same(later, crc, entry.crc())
                && same(later, packed, entry.packedBytes())
                && same(later, bytes, entry.bytes());
    }

    private static boolean same(boolean later, long here, long there) {
        return here == there || (later && here == 0);
    }

    /// The record behind an entry whose sizes were not known before: with a signature or without, its sizes in
    /// four bytes or in eight.
    private int descriptorBytes(Entry entry, long at, long room) throws PackageException, IOException {
        if (room == 12 || room == 16 || room == 20 || room == 24) {
            var record = bytes(at, (int) room, "descriptor");
            boolean isSigned = room == 16 || room == 24;
            boolean isLarge = room >= 20;
            int skip = isSigned ? 4 : 0;
            boolean isRight = !isSigned || record.getInt(0) == DESCRIPTOR_SIGNATURE;
            long packed = isLarge ? record.getLong(skip + 4) : unsigned(record.getInt(skip + 4));
            long bytes = isLarge ? record.getLong(skip + 12) : unsigned(record.getInt(skip + 8));
            if (isRight
                    && record.getInt(skip) == entry.crc()
                    && packed == entry.packedBytes()
                    && bytes == entry.bytes()) {
                return (int) room;
            }
        }
        throw unsafe("entry '" + cut(entry.name()) + "' is followed by " + room
                + " bytes that are no descriptor of it, or is described otherwise by it");
    }

    private ByteBuffer bytes(long at, int length, String what) throws PackageException, IOException {
        var buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        if (at < 0) {
            throw corrupt("zip: too short for its " + what);
        }
        for (long position = at; buffer.hasRemaining(); ) {
            int n = file.read(buffer, position);
            if (n < 0) {
                throw corrupt("zip: cut off in its " + what);
            }
            position += n;
        }
        return buffer.flip();
    }

    private static long unsigned(short value) {
        return value & 0xffff;
    }

    private static long unsigned(int value) {
        return value & 0xffff_ffffL;
    }
}
