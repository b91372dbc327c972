package io.presage.worker.engine.onnx.quantize;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A protobuf message to be written: small fields as bytes, large ones as promises whose size is known. Its own
/// size is known before anything is written, as the length in front of it wants. One thread.
final class Message {
    private static final int CHUNK_BYTES = 1 << 20;

    /// Writes exactly as many bytes as were announced.
    interface Content {
        void writeTo(WritableByteChannel out) throws IOException;
    }

    private record Part(long bytes, Content content) {}

    private final List<Part> parts = new ArrayList<>();
    private long bytes;

    long bytes() {
        return bytes;
    }

    void writeTo(WritableByteChannel out) throws IOException {
        for (var part : parts) {
            part.content().writeTo(out);
        }
    }

    /// A whole field, tag included, as it stands in another message.
    Message copy(MemorySegment field) {
        return add(field.byteSize(), out -> copy(field, out));
    }

    Message number(int field, long value) {
        return small(varints((long) field << 3, value));
    }

    Message text(int field, String value) {
        return block(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message block(int field, byte[] value) {
        return block(field, value.length, out -> writeAll(out, ByteBuffer.wrap(value)));
    }

    Message block(int field, long valueBytes, Content content) {
        small(varints((long) field << 3 | 2, valueBytes));
        return add(valueBytes, content);
    }

    Message message(int field, Message value) {
        return block(field, value.bytes, value::writeTo);
    }

    static void copy(MemorySegment from, WritableByteChannel out) throws IOException {
        for (long at = 0; at < from.byteSize(); at += CHUNK_BYTES) {
            writeAll(
                    out,
                    from.asSlice(at, Math.min(CHUNK_BYTES, from.byteSize() - at))
                            .asByteBuffer());
        }
    }

    static void writeAll(WritableByteChannel out, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
    }

    private Message small(byte[] value) {
        return add(value.length, out -> writeAll(out, ByteBuffer.wrap(value)));
    }

    private Message add(long partBytes, Content content) {
        parts.add(new Part(partBytes, content));
        bytes = Math.addExact(bytes, partBytes);
        return this;
    }

    private static byte[] varints(long... values) {
        var out = new ByteArrayOutputStream();
        for (long value : values) {
            long rest = value;
            while ((rest & ~0x7fL) != 0) {
                out.write((int) (rest & 0x7f | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }
        return out.toByteArray();
    }
}
