package io.presage.worker.artifacts;

import static io.presage.worker.artifacts.Refusal.corrupt;
import static io.presage.worker.artifacts.Refusal.cut;
import static io.presage.worker.artifacts.Refusal.unsafe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads plain files and folders from a tar stream and refuses all else. Long names come in PAX headers or GNU's
/// `L` entries; both are bounded, and a PAX size must be the header's or one that the header cannot hold: tools
/// that disagree on where an entry ends see different files. One archive, one thread; memory is bounded by
/// [#EXTENSION_BYTES_MAX].
final class TarReader {
    private static final int BLOCK_BYTES = 512;
    private static final int EXTENSION_BYTES_MAX = 64 << 10;
    /// The largest number of eleven octal digits.
    private static final long OCTAL_MAX = 0x1_ffff_ffffL;

    private final InputStream in;
    private final byte[] block = new byte[BLOCK_BYTES];
    private long left;
    private long padding;

    /// A file or a folder.
    record Entry(String name, boolean isDirectory, long bytes) {}

    /// @param in bounded by the caller
    TarReader(InputStream in) {
        this.in = in;
    }

    /// The next entry; null behind the last one.
    @Nullable
    Entry next() throws PackageException, IOException {
        skip();
        String longName = null;
        Map<String, String> pax = Map.of();
        while (true) {
            readBlock();
            if (isZero()) {
                if (longName != null || !pax.isEmpty()) {
                    throw corrupt("tar: a header of an entry without the entry");
                }
                checkEnd();
                return null;
            }
            checkHeader();
            var name = name();
            long size = number(124, 12, name);
            switch (block[156]) {
                case 'L' -> {
                    if (longName != null || !pax.isEmpty()) {
                        throw unsafe("entry '" + cut(name) + "' has more than one name");
                    }
                    longName = withoutZeros(extension(size, name));
                }
                case 'x' -> {
                    if (longName != null || !pax.isEmpty()) {
                        throw unsafe("entry '" + cut(name) + "' has more than one name");
                    }
                    pax = pax(extension(size, name));
                }
                case 'g' -> {
                    var global = pax(extension(size, name));
                    if (global.containsKey("path") || global.containsKey("size")) {
                        throw unsafe("a global header sets the name or size of all entries");
                    }
                }
                case 0, '0', '5' -> {
                    var plain = longName == null ? pax.getOrDefault("path", name) : longName;
                    return entry(plain, block[156] == '5', paxSize(pax, size, plain));
                }
                default ->
                    throw unsafe("entry '" + cut(name) + "' is a link or a special file (type '"
                            + (char) (block[156] & 0xff) + "')");
            }
        }
    }

    /// Bytes of the present entry; -1 at its end.
    int read(byte[] bytes) throws PackageException, IOException {
        if (left == 0) {
            return -1;
        }
        int n = in.read(bytes, 0, (int) Math.min(bytes.length, left));
        if (n < 0) {
            throw corrupt("tar: cut off in an entry");
        }
        left -= n;
        return n;
    }

    private Entry entry(String name, boolean isFolder, long size) throws PackageException {
        // Old archives have folders as files whose names end so.
        boolean isDirectory = isFolder || name.endsWith("/");
        if (isDirectory && size != 0) {
            throw unsafe("folder '" + cut(name) + "' has " + size + " bytes");
        }
        take(size);
        return new Entry(name, isDirectory, size);
    }

    private void take(long size) {
        left = size;
        padding = (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES;
    }

    private void skip() throws PackageException, IOException {
        var buffer = new byte[8192];
        while (read(buffer) >= 0) {
            // What the caller did not want.
        }
        if (in.readNBytes((int) padding).length < padding) {
            throw corrupt("tar: cut off behind an entry");
        }
        padding = 0;
    }

    private byte[] extension(long size, String name) throws PackageException, IOException {
        if (size > EXTENSION_BYTES_MAX) {
            throw unsafe("entry '" + cut(name) + "' has a header of " + size + " bytes (expected: at most "
                    + EXTENSION_BYTES_MAX + ")");
        }
        take(size);
        var bytes = in.readNBytes((int) size);
        if (bytes.length < size) {
            throw corrupt("tar: cut off in a header");
        }
        left = 0;
        skip();
        return bytes;
    }

    /// Records of the form `LENGTH KEY=VALUE\n`, whose length counts itself.
    private static Map<String, String> pax(byte[] bytes) throws PackageException {
        var values = new HashMap<String, String>();
        for (int at = 0; at < bytes.length; ) {
            int length = 0;
            int digit = at;
            while (digit < bytes.length && bytes[digit] >= '0' && bytes[digit] <= '9' && digit - at < 6) {
                length = length * 10 + bytes[digit++] - '0';
            }
            int end = at + length;
            if (digit == at
                    || end > bytes.length
                    || end <= digit + 2
                    || bytes[digit] != ' '
                    || bytes[end - 1] != '\n') {
                throw corrupt("tar: a PAX header that is none");
            }
            int equals = digit + 1;
            while (equals < end && bytes[equals] != '=') {
                equals++;
            }
            if (equals == end) {
                throw corrupt("tar: a PAX header without '='");
            }
            var key = new String(bytes, digit + 1, equals - digit - 1, StandardCharsets.ISO_8859_1);
            if (key.startsWith("GNU.sparse") || key.equals("linkpath")) {
                throw unsafe("an entry is a link or a sparse file: " + cut(key));
            }
            if (key.equals("path") || key.equals("size")) {
                var value = utf8(bytes, equals + 1, end - 1);
                if (values.put(key, value) != null) {
                    throw unsafe("a PAX header gives '" + key + "' twice");
                }
            }
            at = end;
        }
        return values;
    }

    private static long paxSize(Map<String, String> pax, long size, String name) throws PackageException {
        var text = pax.get("size");
        if (text == null) {
            return size;
        }
        long large;
        try {
            large = Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw corrupt("tar: entry '" + cut(name) + "' has the size '" + cut(text) + "'");
        }
        if (large != size && large <= OCTAL_MAX) {
            throw unsafe("entry '" + cut(name) + "' has two sizes: " + size + " and " + large);
        }
        return large;
    }

    private void readBlock() throws PackageException, IOException {
        if (in.readNBytes(block, 0, BLOCK_BYTES) < BLOCK_BYTES) {
            throw corrupt("tar: cut off, its end mark is missing");
        }
    }

    private boolean isZero() {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /// Behind the end mark there may be zeros, as tar fills its last record.
    private void checkEnd() throws PackageException, IOException {
        var rest = new byte[8192];
        for (int n; (n = in.read(rest)) >= 0; ) {
            for (int i = 0; i < n; i++) {
                if (rest[i] != 0) {
                    throw unsafe("something follows the end of the tar archive");
                }
            }
        }
    }

    private void checkHeader() throws PackageException {
        if (!new String(block, 257, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
            throw corrupt("tar: no tar header where one should be");
        }
        long sum = 0;
        for (int i = 0; i < BLOCK_BYTES; i++) {
            sum += i >= 148 && i < 156 ? ' ' : block[i] & 0xff;
        }
        if (sum != number(148, 8, "")) {
            throw corrupt("tar: a header whose checksum is wrong");
        }
    }

    private String name() throws PackageException {
        var name = withoutZeros(java.util.Arrays.copyOfRange(block, 0, 100));
        // GNU's magic has a blank where POSIX has the end, and other fields where POSIX has the prefix.
        var prefix = block[262] == 0 ? withoutZeros(java.util.Arrays.copyOfRange(block, 345, 500)) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    /// The text up to the first zero; more than zeros behind it is a name that tools read differently.
    private static String withoutZeros(byte[] bytes) throws PackageException {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        for (int i = end; i < bytes.length; i++) {
            if (bytes[i] != 0) {
                throw unsafe("an entry's name goes on behind its end");
            }
        }
        return utf8(bytes, 0, end);
    }

    private static String utf8(byte[] bytes, int from, int to) throws PackageException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, from, to - from))
                    .toString();
        } catch (CharacterCodingException e) {
            throw unsafe("an entry's name is not UTF-8: "
                    + cut(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1)));
        }
    }

    /// Octal digits, or binary when the first bit is set (GNU, beyond 8 GiB).
    private long number(int at, int length, String name) throws PackageException {
        if (block[at] < 0) {
            long value = block[at] & 0x7f;
            for (int i = 1; i < length; i++) {
                if (value >>> 55 != 0) {
                    throw unsafe("entry '" + cut(name) + "' has a size beyond all bounds, or below zero");
                }
                value = value << 8 | (block[at + i] & 0xff);
            }
            return value;
        }
        long value = 0;
        int i = at;
        while (i < at + length && block[i] == ' ') {
            i++;
        }
        for (; i < at + length && block[i] != 0 && block[i] != ' '; i++) {
            if (block[i] < '0' || block[i] > '7') {
                throw corrupt("tar: entry '" + cut(name) + "' has a number that is not octal");
            }
            value = value << 3 | (block[i] - '0');
        }
        return value;
    }
}
