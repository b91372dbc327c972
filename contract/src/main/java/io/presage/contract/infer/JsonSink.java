package io.presage.contract.infer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A growing buffer of UTF-8 JSON and raw bytes. One thread; reused through [#clear].
final class JsonSink {
    private static final int INITIAL_BYTES = 4096;
    private static final int KEPT_BYTES_MAX = 1 << 20;
    private static final byte[] HEX = JsonScanner.ascii("0123456789abcdef");

    private final StringBuilder number = new StringBuilder(32);
    private byte[] bytes = new byte[INITIAL_BYTES];
    private int length;

    /// Empties the buffer; one that had grown large is given back.
    void clear() {
        length = 0;
        if (bytes.length > KEPT_BYTES_MAX) {
            bytes = new byte[INITIAL_BYTES];
        }
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    /// Makes sure that `more` bytes fit.
    ///
    /// @throws ArithmeticException when they do not fit an array
    void reserve(long more) {
        long wanted = length + more;
        if (wanted > bytes.length) {
            int size = Math.toIntExact(wanted);
            bytes = Arrays.copyOf(bytes, (int) Math.min(Math.max(size, bytes.length * 2L), Integer.MAX_VALUE - 8));
        }
    }

    void put(char ascii) {
        reserve(1);
        bytes[length++] = (byte) ascii;
    }

    void put(byte[] raw) {
        put(raw, 0, raw.length);
    }

    void put(byte[] raw, int from, int count) {
        reserve(count);
        System.arraycopy(raw, from, bytes, length, count);
        length += count;
    }

    void put(ByteBuffer raw) {
        int count = raw.remaining();
        reserve(count);
        raw.get(raw.position(), bytes, length, count);
        length += count;
    }

    void putLittleEndian(int value) {
        reserve(4);
        for (int shift = 0; shift < 32; shift += 8) {
            bytes[length++] = (byte) (value >> shift);
        }
    }

    /// Shortest decimal form that reads back as the same float.
    void putFloat(float value) {
        if (Float.isFinite(value)) {
            number.setLength(0);
            putNumber(number.append(value));
        } else {
            putSpecial(value);
        }
    }

    /// Shortest decimal form that reads back as the same double.
    void putDouble(double value) {
        if (Double.isFinite(value)) {
            number.setLength(0);
            putNumber(number.append(value));
        } else {
            putSpecial(value);
        }
    }

    /// OIP's servers write what JSON has no form for as these bare words.
    private void putSpecial(double value) {
        put(JsonScanner.ascii(Double.toString(value)));
    }

    void putLong(long value) {
        number.setLength(0);
        putNumber(number.append(value));
    }

    void putUnsignedLong(long value) {
        if (value >= 0) {
            putLong(value);
        } else {
            put(JsonScanner.ascii(Long.toUnsignedString(value)));
        }
    }

    private void putNumber(StringBuilder digits) {
        int count = digits.length();
        reserve(count);
        for (int i = 0; i < count; i++) {
            bytes[length + i] = (byte) digits.charAt(i);
        }
        length += count;
    }

    void putText(String text) {
        putText(text.getBytes(StandardCharsets.UTF_8));
    }

    /// A JSON string of valid UTF-8.
    void putText(byte[] utf8) {
        put('"');
        int clean = 0;
        for (int i = 0; i < utf8.length; i++) {
            byte next = utf8[i];
            if (next == '"' || next == '\\' || (next >= 0 && next < ' ')) {
                put(utf8, clean, i - clean);
                putEscaped(next);
                clean = i + 1;
            }
        }
        put(utf8, clean, utf8.length - clean);
        put('"');
    }

    private void putEscaped(byte next) {
        put('\\');
        switch (next) {
            case '"', '\\' -> put((char) next);
            case '\n' -> put('n');
            case '\r' -> put('r');
            case '\t' -> put('t');
            default -> {
                put('u');
                put('0');
                put('0');
                put((char) HEX[next >> 4]);
                put((char) HEX[next & 0xF]);
            }
        }
    }
}
