package io.presage.worker.engine.onnx;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.LongConsumer;

/// Reads the fields of one protobuf message, without a schema and without copying. Every length is checked
/// against the message that holds it, so a hostile file costs at most one pass over its bytes. One thread.
public final class ProtoReader {
    private static final int STRING_BYTES_MAX = 4096;
    private static final ValueLayout.OfInt INT_LITTLE =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment bytes;
    private long position;
    private int field;
    private int wireType;

    public ProtoReader(MemorySegment bytes) {
        this.bytes = bytes;
    }

    /// Moves to the next field; false at the end of the message.
    public boolean next() throws MalformedException {
        if (position == bytes.byteSize()) {
            return false;
        }
        long tag = varint();
        wireType = (int) (tag & 7);
        long number = tag >>> 3;
        if (number < 1 || number > 536_870_911) {
            throw new MalformedException("field number " + number + " at byte " + position);
        }
        field = (int) number;
        return true;
    }

    public int field() {
        return field;
    }

    /// The field's value as a message of its own.
    public ProtoReader message() throws MalformedException {
        return new ProtoReader(block());
    }

    /// Appends the whole numbers of a repeated field, packed or one by one. What is beyond `max` is counted and
    /// not kept. Returns how many there were.
    long numbers(List<Long> into, int max) throws MalformedException {
        if (wireType == 0) {
            append(varint(), into, max);
            return 1;
        }
        var packed = new ProtoReader(block());
        long count = 0;
        while (packed.position < packed.bytes.byteSize()) {
            append(packed.varint(), into, max);
            count++;
        }
        return count;
    }

    private static void append(long value, List<Long> into, int max) {
        if (into.size() < max) {
            into.add(value);
        }
    }

    /// How many numbers of `size` bytes a repeated field has, packed or one by one.
    long countFixed(int size) throws MalformedException {
        if (wireType == (size == 4 ? 5 : 1)) {
            advance(size);
            return 1;
        }
        long length = block().byteSize();
        if (length % size != 0) {
            throw new MalformedException("field " + field + " has " + length + " bytes, no multiple of " + size);
        }
        return length / size;
    }

    public String string() throws MalformedException {
        var block = block();
        if (block.byteSize() > STRING_BYTES_MAX) {
            throw new MalformedException(
                    "string of " + block.byteSize() + " bytes (expected: at most " + STRING_BYTES_MAX + ")");
        }
        return new String(block.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    public void skip() throws MalformedException {
        switch (wireType) {
            case 0 -> varint();
            case 1 -> advance(8);
            case 2 -> block();
            case 5 -> advance(4);
            default -> throw new MalformedException("wire type " + wireType + " at byte " + position);
        }
    }

    /// The field's value as bytes: a string, a message, or packed numbers.
    public MemorySegment block() throws MalformedException {
        if (wireType != 2) {
            throw new MalformedException("field " + field + " has wire type " + wireType + " (expected: 2)");
        }
        long length = varint();
        long start = position;
        advance(length);
        return bytes.asSlice(start, length);
    }

    private void advance(long count) throws MalformedException {
        if (count < 0 || count > bytes.byteSize() - position) {
            throw new MalformedException("cut off: field " + field + " claims " + Long.toUnsignedString(count)
                    + " bytes, " + (bytes.byteSize() - position) + " are left");
        }
        position += count;
    }

    /// The field's value as a whole number.
    public long number() throws MalformedException {
        if (wireType != 0) {
            throw new MalformedException("field " + field + " has wire type " + wireType + " (expected: 0)");
        }
        return varint();
    }

    /// The field's value as four bytes, little-endian.
    public int fixed32() throws MalformedException {
        if (wireType != 5) {
            throw new MalformedException("field " + field + " has wire type " + wireType + " (expected: 5)");
        }
        long start = position;
        advance(Integer.BYTES);
        return bytes.get(INT_LITTLE, start);
    }

    /// Each of the whole numbers that lie packed in the field's value.
    public void packedNumbers(LongConsumer each) throws MalformedException {
        var packed = message();
        while (packed.position < packed.bytes.byteSize()) {
            each.accept(packed.varint());
        }
    }

    /// True when the field's value is [#block] rather than a number.
    public boolean isBlock() {
        return wireType == 2;
    }

    /// Where the next field begins, in bytes.
    public long position() {
        return position;
    }

    private long varint() throws MalformedException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (position == bytes.byteSize()) {
                throw new MalformedException("cut off in the middle of a number");
            }
            byte b = bytes.get(ValueLayout.JAVA_BYTE, position++);
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new MalformedException("number longer than 10 bytes at byte " + position);
    }

    /// The bytes are no protobuf message of the expected form.
    public static final class MalformedException extends Exception {
        public MalformedException(String message) {
            super(message);
        }
    }
}
