package io.presage.worker.infer;

import io.vertx.core.buffer.Buffer;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/// Packs answers, at the lowest level: what a network saves is not worth more of a core. Any thread but an event
/// loop's.
final class Deflation {
    private static final int LEVEL = Deflater.BEST_SPEED;
    /// RFC 1952: magic number, method, no flags, no time, fastest, of no known system.
    private static final byte[] GZIP_HEAD = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 4, (byte) 0xff};
    private static final int GZIP_TAIL_BYTES = 8;

    private Deflation() {}

    /// `reply` with its body packed; `reply` itself when that would not make it smaller.
    static Reply pack(Reply reply, ContentCoding coding) {
        var body = reply.body().getBytes();
        var packed = new byte[body.length];
        int length = switch (coding) {
            case IDENTITY -> 0;
            case GZIP -> gzip(body, packed);
            case DEFLATE -> deflate(body, packed, 0, packed.length, false);
        };
        return length == 0 ? reply : reply.packed(coding, Buffer.buffer(length).appendBytes(packed, 0, length));
    }

    /// 0 when it does not fit.
    private static int gzip(byte[] body, byte[] packed) {
        int room = packed.length - GZIP_HEAD.length - GZIP_TAIL_BYTES;
        int length = room <= 0 ? 0 : deflate(body, packed, GZIP_HEAD.length, room, true);
        if (length == 0) {
            return 0;
        }
        System.arraycopy(GZIP_HEAD, 0, packed, 0, GZIP_HEAD.length);
        var checksum = new CRC32();
        checksum.update(body);
        int at = GZIP_HEAD.length + length;
        putLittleEndian(packed, at, (int) checksum.getValue());
        putLittleEndian(packed, at + 4, body.length);
        return at + GZIP_TAIL_BYTES;
    }

    private static void putLittleEndian(byte[] bytes, int at, int value) {
        for (int i = 0; i < 4; i++) {
            bytes[at + i] = (byte) (value >> (8 * i));
        }
    }

    /// Bytes that were written at `from`; 0 when `room` is too small.
    private static int deflate(byte[] body, byte[] packed, int from, int room, boolean isBare) {
        var deflater = new Deflater(LEVEL, isBare);
        try {
            deflater.setInput(body);
            deflater.finish();
            int length = deflater.deflate(packed, from, room);
            return deflater.finished() ? length : 0;
        } finally {
            deflater.end();
        }
    }
}
