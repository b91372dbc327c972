package io.presage.api.grpc;

import com.google.protobuf.CodedInputStream;
import io.presage.contract.infer.DataType;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// `InferTensorContents` as the bytes that OIP's binary form has: little-endian, BYTES with their lengths. Pure.
final class TypedContents {
    private static final List<String> FIELDS = List.of(
            "bool_contents",
            "int_contents",
            "int64_contents",
            "uint_contents",
            "uint64_contents",
            "fp32_contents",
            "fp64_contents",
            "bytes_contents");

    private final InferMessage.Input input;
    private final int field;
    private final ByteBuffer to;
    private long values;

    private TypedContents(InferMessage.Input input, int field, int size) {
        this.input = input;
        this.field = field;
        this.to = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// The contents of `input`, which lie in `bytes`.
    ///
    /// @throws ProblemException INVALID_TENSOR, BODY_TOO_LARGE
    static byte[] raw(byte[] bytes, InferMessage.Input input, long bytesMax) {
        var type = input.datatype();
        int field = field(input);
        long count = count(input);
        var range = input.contents();
        int length = range == null ? 0 : range.length();
        // Each value takes a byte at least: no shape makes more memory than the message's own, times eight.
        if (count > length) {
            throw wrongCount(input, "fewer", count);
        }
        try {
            long size = type == DataType.BYTES && range != null
                    ? bytesSize(Wire.in(bytes, range))
                    : count * Math.max(1, type.byteSize());
            if (size > bytesMax) {
                throw new ProblemException(
                        Problem.BODY_TOO_LARGE,
                        label(input) + ": " + size + " bytes of contents (expected: at most " + bytesMax + ")");
            }
            var contents = new TypedContents(input, field, (int) size);
            if (range != null) {
                contents.read(Wire.in(bytes, range), count);
            }
            if (contents.values != count) {
                throw wrongCount(input, Long.toString(contents.values), count);
            }
            return contents.to.array();
        } catch (IOException e) {
            throw Wire.broken(e);
        }
    }

    private static int field(InferMessage.Input input) {
        return switch (input.datatype()) {
            case BOOL -> 1;
            case INT8, INT16, INT32 -> 2;
            case INT64 -> 3;
            case UINT8, UINT16, UINT32 -> 4;
            case UINT64 -> 5;
            case FP32 -> 6;
            case FP64 -> 7;
            case BYTES -> 8;
            case FP16, BF16 ->
                throw new ProblemException(
                        Problem.INVALID_TENSOR,
                        label(input) + ": datatype " + input.datatype()
                                + " has no typed contents (expected: raw_input_contents)");
        };
    }

    static long count(InferMessage.Input input) {
        try {
            return input.shape().elementCount();
        } catch (ArithmeticException _) {
            throw new ProblemException(
                    Problem.INVALID_TENSOR, label(input) + ": shape " + input.shape() + " has too many elements");
        }
    }

    /// 4 bytes and its own for each element.
    private static long bytesSize(CodedInputStream in) throws IOException {
        long size = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (Wire.field(tag) == 8 && Wire.isDelimited(tag)) {
                size += 4L + Wire.range(in, 0).length();
            } else {
                Wire.skip(in, tag);
            }
        }
        return size;
    }

    private void read(CodedInputStream in, long count) throws IOException {
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            int number = Wire.field(tag);
            if (number < 1 || number > FIELDS.size()) {
                Wire.skip(in, tag);
            } else if (number == 8 && !Wire.isDelimited(tag)) {
                Wire.skip(in, tag);
            } else if (number == field && (field == 8 || !Wire.isDelimited(tag))) {
                readOne(in, count);
            } else {
                int length = Wire.isDelimited(tag) ? in.readRawVarint32() : 1;
                if (number != field && length != 0) {
                    throw new ProblemException(
                            Problem.INVALID_TENSOR,
                            label(input) + ": " + FIELDS.get(number - 1) + " for datatype " + input.datatype()
                                    + " (expected: " + FIELDS.get(field - 1) + ")");
                }
                int outer = in.pushLimit(length);
                while (!in.isAtEnd()) {
                    readOne(in, count);
                }
                in.popLimit(outer);
            }
        }
    }

    private void readOne(CodedInputStream in, long count) throws IOException {
        if (++values > count) {
            throw wrongCount(input, "more", count);
        }
        switch (input.datatype()) {
            case BOOL -> to.put((byte) (in.readBool() ? 1 : 0));
            case INT8 -> to.put((byte) within(in.readInt32(), Byte.MIN_VALUE, Byte.MAX_VALUE));
            case INT16 -> to.putShort((short) within(in.readInt32(), Short.MIN_VALUE, Short.MAX_VALUE));
            case INT32 -> to.putInt(in.readInt32());
            case INT64 -> to.putLong(in.readInt64());
            case UINT8 -> to.put((byte) within(Integer.toUnsignedLong(in.readUInt32()), 0, 0xFF));
            case UINT16 -> to.putShort((short) within(Integer.toUnsignedLong(in.readUInt32()), 0, 0xFFFF));
            case UINT32 -> to.putInt(in.readUInt32());
            case UINT64 -> to.putLong(in.readUInt64());
            case FP32 -> to.putInt(in.readFixed32());
            case FP64 -> to.putLong(in.readFixed64());
            case BYTES -> {
                byte[] element = in.readByteArray();
                to.putInt(element.length).put(element);
            }
            case FP16, BF16 -> throw new IllegalStateException(input.datatype() + " as values. This is a bug.");
        }
    }

    private long within(long value, long min, long max) {
        if (value < min || value > max) {
            throw new ProblemException(
                    Problem.INVALID_TENSOR,
                    label(input) + ": " + value + " (expected: " + min + ".." + max + " for " + input.datatype() + ")");
        }
        return value;
    }

    private static ProblemException wrongCount(InferMessage.Input input, String found, long count) {
        return new ProblemException(
                Problem.INVALID_TENSOR,
                label(input) + ": " + found + " values (expected: " + count + " for shape " + input.shape() + ")");
    }

    static String label(InferMessage.Input input) {
        String name = input.name();
        return "input '" + (name.length() <= 64 ? name : name.substring(0, 64) + "...") + "'";
    }
}
