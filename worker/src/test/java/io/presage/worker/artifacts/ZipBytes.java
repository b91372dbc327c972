package io.presage.worker.artifacts;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/// Zips written field by field, with whatever lies one wants.
final class ZipBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final List<Part> parts = new ArrayList<>();
    private int countDelta;
    private int startDelta;
    private byte[] comment = new byte[0];

    /// One entry; fields are for the directory, `local...` for the header before the bytes.
    static final class Part {
        byte[] name = new byte[0];
        byte[] localName = new byte[0];
        byte[] packed = new byte[0];
        byte[] extra = new byte[0];
        byte[] localExtra = new byte[0];
        int flags;
        int localFlags;
        int method;
        int localMethod;
        int crc;
        int localCrc;
        long size;
        long localSize;
        long packedSize;
        long localPackedSize;
        int mode;
        long start = -1;

        static Part stored(String name, byte[] content) {
            return of(name, content, content, 0);
        }

        static Part deflated(String name, byte[] content) {
            var deflater = new Deflater(9, true);
            deflater.setInput(content);
            deflater.finish();
            var packed = new ByteArrayOutputStream();
            var buffer = new byte[65536];
            while (!deflater.finished()) {
                packed.write(buffer, 0, deflater.deflate(buffer));
            }
            deflater.end();
            return of(name, content, packed.toByteArray(), 8);
        }

        private static Part of(String name, byte[] content, byte[] packed, int method) {
            var part = new Part();
            part.name = name.getBytes(StandardCharsets.UTF_8);
            part.localName = part.name;
            part.packed = packed;
            part.method = method;
            part.localMethod = method;
            var crc = new CRC32();
            crc.update(content);
            part.crc = (int) crc.getValue();
            part.localCrc = part.crc;
            part.size = content.length;
            part.localSize = content.length;
            part.packedSize = packed.length;
            part.localPackedSize = packed.length;
            return part;
        }

        Part with(java.util.function.Consumer<Part> lie) {
            lie.accept(this);
            return this;
        }
    }

    ZipBytes bytes(byte... bytes) {
        out.writeBytes(bytes);
        return this;
    }

    ZipBytes add(Part part) {
        if (part.start < 0) {
            part.start = out.size();
            header(part);
            out.writeBytes(part.packed);
        }
        parts.add(part);
        return this;
    }

    /// An entry of the directory that has no bytes of its own.
    ZipBytes listed(Part part, long start) {
        part.start = start;
        parts.add(part);
        return this;
    }

    ZipBytes countDelta(int delta) {
        countDelta = delta;
        return this;
    }

    ZipBytes startDelta(int delta) {
        startDelta = delta;
        return this;
    }

    ZipBytes comment(byte... bytes) {
        comment = bytes;
        return this;
    }

    int position() {
        return out.size();
    }

    private void header(Part part) {
        var header = little(30)
                .putInt(0x04034b50)
                .putShort((short) 20)
                .putShort((short) part.localFlags)
                .putShort((short) part.localMethod)
                .putInt(0)
                .putInt(part.localCrc)
                .putInt((int) part.localPackedSize)
                .putInt((int) part.localSize)
                .putShort((short) part.localName.length)
                .putShort((short) part.localExtra.length);
        out.writeBytes(header.array());
        out.writeBytes(part.localName);
        out.writeBytes(part.localExtra);
    }

    byte[] build() {
        int start = out.size();
        for (var part : parts) {
            var entry = little(46)
                    .putInt(0x02014b50)
                    .putShort((short) (3 << 8 | 20))
                    .putShort((short) 20)
                    .putShort((short) part.flags)
                    .putShort((short) part.method)
                    .putInt(0)
                    .putInt(part.crc)
                    .putInt((int) part.packedSize)
                    .putInt((int) part.size)
                    .putShort((short) part.name.length)
                    .putShort((short) part.extra.length)
                    .putShort((short) 0)
                    .putShort((short) 0)
                    .putShort((short) 0)
                    .putInt(part.mode << 16)
                    .putInt((int) part.start);
            out.writeBytes(entry.array());
            out.writeBytes(part.name);
            out.writeBytes(part.extra);
        }
        int size = out.size() - start;
        out.writeBytes(little(22)
                .putInt(0x06054b50)
                .putInt(0)
                .putShort((short) (parts.size() + countDelta))
                .putShort((short) (parts.size() + countDelta))
                .putInt(size)
                .putInt(start + startDelta)
                .putShort((short) comment.length)
                .array());
        out.writeBytes(comment);
        return out.toByteArray();
    }

    static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static byte[] extra(int id, byte... content) {
        return little(4 + content.length)
                .putShort((short) id)
                .putShort((short) content.length)
                .put(content)
                .array();
    }
}
