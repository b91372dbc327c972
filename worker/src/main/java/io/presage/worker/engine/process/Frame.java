package io.presage.worker.engine.process;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// One message between parent and child, in direct memory that is reused: payload bytes and type as INT32, then
/// the
/// payload; little-endian. Numbers of tensors lie at multiples of 8 bytes, so that engines read them in place. One
/// thread; whatever was read from a frame lies in it and is gone with the next message.
final class Frame {
    /// Child to parent: the word that the parent gave it.
    static final int HELLO = 1;
    /// Parent to child: a [LoadOrder].
    static final int LOAD = 2;
    /// Child to parent: the model's signature, and whether it can be shared.
    static final int LOADED = 3;
    /// Child to parent: the card of a load that failed.
    static final int REFUSED = 4;
    /// Parent to child: inputs.
    static final int RUN = 5;
    /// Child to parent: outputs.
    static final int OUTPUTS = 6;
    /// Child to parent: why a run failed.
    static final int PROBLEM = 7;

    private static final int HEADER_BYTES = 8;
    private static final int FIRST_BYTES = 64 << 10;
    /// More is not kept.
    private static final int KEPT_BYTES_MAX = 4 << 20;
    private static final int ALIGNMENT_BYTES = 8;
    private static final DataType[] DATA_TYPES = DataType.values();

    private final int bytesMax;
    private ByteBuffer buffer = direct(FIRST_BYTES);

    /// @param bytesMax of a message's payload
    Frame(int bytesMax) {
        this.bytesMax = bytesMax;
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void fresh() {
        if (buffer.capacity() > KEPT_BYTES_MAX) {
            buffer = direct(FIRST_BYTES);
        }
        buffer.clear();
    }

    /// Begins a message.
    Frame begin(int type) {
        fresh();
        buffer.putInt(0, 0).putInt(Integer.BYTES, type).position(HEADER_BYTES);
        return this;
    }

    Frame putInt(int value) throws IOException {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    Frame putText(String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        room(Integer.BYTES + (long) bytes.length).putInt(bytes.length).put(bytes);
        return this;
    }

    Frame putSpecs(List<TensorSpec> specs) throws IOException {
        putInt(specs.size());
        for (var spec : specs) {
            putText(spec.name());
            putInt(spec.datatype().ordinal());
            putShape(Shape.of(spec.shape()));
        }
        return this;
    }

    private void putShape(Shape shape) throws IOException {
        room(Integer.BYTES + (long) shape.rank() * Long.BYTES).putInt(shape.rank());
        for (int axis = 0; axis < shape.rank(); axis++) {
            buffer.putLong(shape.dim(axis));
        }
    }

    /// Names do not travel: both sides know the signature.
    Frame putTensors(List<Tensor> tensors) throws IOException {
        putInt(tensors.size());
        for (var tensor : tensors) {
            putInt(tensor.dataType().ordinal());
            putShape(tensor.shape());
            switch (tensor) {
                case Tensor.Fixed fixed -> {
                    room(ALIGNMENT_BYTES);
                    buffer.position(aligned(buffer.position()));
                    room(fixed.data().remaining()).put(fixed.data().duplicate());
                }
                case Tensor.Bytes bytes -> {
                    for (var element : bytes.elements()) {
                        room(Integer.BYTES + (long) element.length)
                                .putInt(element.length)
                                .put(element);
                    }
                }
            }
        }
        return this;
    }

    /// @throws FrameException when the message becomes too large
    private ByteBuffer room(long bytes) throws IOException {
        long needed = buffer.position() + bytes;
        if (needed > buffer.capacity()) {
            if (needed - HEADER_BYTES > bytesMax) {
                throw new FrameException(
                        "a message of more than " + bytesMax + " bytes (worker.engines.child.frame-max)");
            }
            grow((int) Math.clamp(buffer.capacity() * 2L, needed, (long) bytesMax + HEADER_BYTES));
        }
        return buffer;
    }

    private void grow(int capacity) {
        var larger = direct(capacity);
        buffer = larger.put(buffer.flip());
    }

    private static int aligned(int position) {
        return (position + ALIGNMENT_BYTES - 1) & -ALIGNMENT_BYTES;
    }

    /// Ends the message that was begun, and writes it. Blocks.
    void send(WritableByteChannel channel) throws IOException {
        buffer.putInt(0, buffer.position() - HEADER_BYTES).flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /// Waits for a message and reads it whole.
    ///
    /// @return its type
    /// @throws EOFException when the other side is gone
    /// @throws FrameException when its length is out of bounds, or more follows than was announced
    int receive(ReadableByteChannel channel) throws IOException {
        fresh();
        fill(channel, HEADER_BYTES);
        int bytes = buffer.getInt(0);
        if (bytes < 0 || bytes > bytesMax) {
            throw new FrameException("a message of " + bytes + " bytes (expected: 0.." + bytesMax + ")");
        }
        int end = HEADER_BYTES + bytes;
        if (end > buffer.capacity()) {
            grow(end);
        }
        fill(channel, end);
        if (buffer.position() > end) {
            throw new FrameException("more than the " + bytes + " bytes that were announced");
        }
        buffer.flip().position(HEADER_BYTES);
        return buffer.getInt(Integer.BYTES);
    }

    private void fill(ReadableByteChannel channel, int end) throws IOException {
        while (buffer.position() < end) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the other side is gone");
            }
        }
    }

    int readInt() throws IOException {
        require(Integer.BYTES);
        return buffer.getInt();
    }

    int readInt(String what, int min, int max) throws IOException {
        int value = readInt();
        if (value < min || value > max) {
            throw new FrameException(what + ": " + value + " (expected: " + min + ".." + max + ")");
        }
        return value;
    }

    String readText(int bytesMost) throws IOException {
        return new String(readBytes(bytesMost), StandardCharsets.UTF_8);
    }

    private byte[] readBytes(int bytesMost) throws IOException {
        int length = readInt("length", 0, Math.min(bytesMost, buffer.remaining()));
        require(length);
        var bytes = new byte[length];
        buffer.get(bytes);
        return bytes;
    }

    List<TensorSpec> readSpecs(int countMax, int nameBytesMax) throws IOException {
        int count = readInt("tensors", 0, countMax);
        var specs = new ArrayList<TensorSpec>(count);
        for (int i = 0; i < count; i++) {
            var name = readText(nameBytesMax);
            var type = DATA_TYPES[readInt("datatype", 0, DATA_TYPES.length - 1)];
            specs.add(new TensorSpec(name, type, readShape(-1)));
        }
        return specs;
    }

    private Shape readShape(long dimMin) throws IOException {
        var dims = new long[readInt("rank", 0, Shape.RANK_MAX)];
        require((long) dims.length * Long.BYTES);
        for (int axis = 0; axis < dims.length; axis++) {
            dims[axis] = buffer.getLong();
            if (dims[axis] < dimMin) {
                throw new FrameException("dimension: " + dims[axis] + " (expected: at least " + dimMin + ")");
            }
        }
        return Shape.of(dims);
    }

    /// Tensors that fit `specs`, one each, in their order. Numbers are not copied.
    List<Tensor> readTensors(List<TensorSpec> specs) throws IOException {
        readInt("tensors", specs.size(), specs.size());
        var tensors = new ArrayList<Tensor>(specs.size());
        for (var spec : specs) {
            readInt("datatype", spec.datatype().ordinal(), spec.datatype().ordinal());
            var shape = readShape(0);
            if (!Shape.of(spec.shape()).accepts(shape)) {
                throw new FrameException(spec.name() + ": shape " + shape + " (expected: " + spec.shape() + ")");
            }
            tensors.add(spec.datatype() == DataType.BYTES ? readElements(spec, shape) : readNumbers(spec, shape));
        }
        if (buffer.hasRemaining()) {
            throw new FrameException(buffer.remaining() + " bytes after the last tensor");
        }
        return tensors;
    }

    private Tensor readNumbers(TensorSpec spec, Shape shape) throws IOException {
        int start = aligned(buffer.position());
        int elementBytes = spec.datatype().byteSize();
        long count = elementCount(shape, (buffer.limit() - start) / elementBytes);
        var data = buffer.slice(start, (int) count * elementBytes).order(ByteOrder.LITTLE_ENDIAN);
        buffer.position(start + data.capacity());
        return new Tensor.Fixed(spec.name(), spec.datatype(), shape, data);
    }

    private Tensor readElements(TensorSpec spec, Shape shape) throws IOException {
        long count = elementCount(shape, buffer.remaining() / Integer.BYTES);
        var elements = new ArrayList<byte[]>((int) count);
        for (long i = 0; i < count; i++) {
            elements.add(readBytes(buffer.remaining()));
        }
        return new Tensor.Bytes(spec.name(), shape, elements);
    }

    private static long elementCount(Shape shape, int most) throws IOException {
        long count;
        try {
            count = shape.elementCount();
        } catch (ArithmeticException _) {
            count = Long.MAX_VALUE;
        }
        if (count > most) {
            throw new FrameException("shape " + shape + " of more elements than the message holds");
        }
        return count;
    }

    private void require(long bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            throw new FrameException("a message that ends too early");
        }
    }
}
