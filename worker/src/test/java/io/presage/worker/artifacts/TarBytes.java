package io.presage.worker.artifacts;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/// Tars written block by block, with whatever lies one wants.
final class TarBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    TarBytes file(String name, byte[] content) {
        return entry(name, '0', content);
    }

    TarBytes entry(String name, char type, byte[] content) {
        return header(name.getBytes(StandardCharsets.UTF_8), type, octal(content.length), "")
                .content(content);
    }

    TarBytes link(String name, char type, String target) {
        return header(name.getBytes(StandardCharsets.UTF_8), type, octal(0), target);
    }

    TarBytes pax(String... keysAndValues) {
        return entry("PaxHeaders/x", 'x', records(keysAndValues));
    }

    static byte[] records(String... keysAndValues) {
        var records = new ByteArrayOutputStream();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            var tail = (" " + keysAndValues[i] + "=" + keysAndValues[i + 1] + "\n").getBytes(StandardCharsets.UTF_8);
            int length = tail.length + 1;
            while (String.valueOf(length).length() + tail.length != length) {
                length++;
            }
            records.writeBytes(String.valueOf(length).getBytes(StandardCharsets.UTF_8));
            records.writeBytes(tail);
        }
        return records.toByteArray();
    }

    TarBytes header(byte[] name, char type, byte[] size, String target) {
        var block = new byte[512];
        System.arraycopy(name, 0, block, 0, Math.min(100, name.length));
        put(block, 100, "0000644\0");
        put(block, 108, "0000000\0");
        put(block, 116, "0000000\0");
        System.arraycopy(size, 0, block, 124, 12);
        put(block, 136, "00000000000\0");
        block[156] = (byte) type;
        put(block, 157, target);
        put(block, 257, "ustar\00000");
        checksum(block);
        out.writeBytes(block);
        return this;
    }

    static void checksum(byte[] block) {
        Arrays.fill(block, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        put(block, 148, "%06o\0 ".formatted(sum));
    }

    TarBytes content(byte[] content) {
        out.writeBytes(content);
        out.writeBytes(new byte[(512 - content.length % 512) % 512]);
        return this;
    }

    TarBytes raw(byte... bytes) {
        out.writeBytes(bytes);
        return this;
    }

    static byte[] octal(long size) {
        return "%011o\0".formatted(size).getBytes(StandardCharsets.ISO_8859_1);
    }

    /// As GNU tar writes sizes beyond 8 GiB; with the highest bit set, below zero.
    static byte[] binary(long size, int first) {
        var bytes = new byte[12];
        for (int i = 0; i < 8; i++) {
            bytes[11 - i] = (byte) (size >>> 8 * i);
        }
        Arrays.fill(bytes, 0, 4, (byte) (first == 0xff ? 0xff : 0));
        bytes[0] = (byte) first;
        return bytes;
    }

    private static void put(byte[] block, int at, String text) {
        var bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, block, at, bytes.length);
    }

    /// With the end mark.
    byte[] gz() throws IOException {
        return raw(new byte[1024]).gzOpen();
    }

    byte[] gzOpen() throws IOException {
        return gzip(out.toByteArray());
    }

    byte[] tar() {
        return out.toByteArray();
    }

    static byte[] gzip(byte[] content) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(packed)) {
            gzip.write(content);
        }
        return packed.toByteArray();
    }
}
