package io.presage.worker.engine.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameTest {
    private static final int BYTES_MAX = 1 << 20;
    private static final List<TensorSpec> SPECS = List.of(
            new TensorSpec("flags", DataType.BOOL, List.of(-1L)),
            new TensorSpec("words", DataType.BYTES, List.of(2L)),
            new TensorSpec("numbers", DataType.FP64, List.of(-1L, 2L)));

    private static List<Tensor> tensors() {
        var flags = ByteBuffer.allocate(3).put(new byte[] {1, 0, 1}).flip().order(ByteOrder.LITTLE_ENDIAN);
        var numbers = ByteBuffer.allocateDirect(16).order(ByteOrder.LITTLE_ENDIAN);
        numbers.putDouble(1.5).putDouble(-2.5).flip();
        return List.of(
                new Tensor.Fixed("flags", DataType.BOOL, Shape.of(3), flags),
                new Tensor.Bytes("words", Shape.of(2), List.of(new byte[] {1, 2, 3}, new byte[0])),
                new Tensor.Fixed("numbers", DataType.FP64, Shape.of(1, 2), numbers));
    }

    private static byte[] sent(Frame frame) throws IOException {
        var out = new ByteArrayOutputStream();
        frame.send(Channels.newChannel(out));
        return out.toByteArray();
    }

    private static Frame received(byte[] bytes) throws IOException {
        var frame = new Frame(BYTES_MAX);
        frame.receive(Channels.newChannel(new ByteArrayInputStream(bytes)));
        return frame;
    }

    @Test
    void tensors_arriveAsTheyWere() throws IOException {
        var bytes = sent(new Frame(BYTES_MAX).begin(Frame.RUN).putTensors(tensors()));
        var frame = new Frame(BYTES_MAX);
        assertThat(frame.receive(Channels.newChannel(new ByteArrayInputStream(bytes))))
                .isEqualTo(Frame.RUN);
        var tensors = frame.readTensors(SPECS);
        assertThat(tensors.get(0)).isEqualTo(tensors().get(0));
        assertThat(((Tensor.Bytes) tensors.get(1)).elements()).containsExactly(new byte[] {1, 2, 3}, new byte[0]);
        assertThat(tensors.get(2)).isEqualTo(tensors().get(2));
    }

    @Test
    void largeTensor_growsTheMemoryOnBothSides() throws IOException {
        var data = ByteBuffer.allocateDirect(800_000).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(799_996, 42);
        var tensor = new Tensor.Fixed("x", DataType.INT32, Shape.of(200_000), data);
        var frame = received(sent(new Frame(BYTES_MAX).begin(Frame.RUN).putTensors(List.of(tensor))));
        var read = (Tensor.Fixed) frame.readTensors(List.of(new TensorSpec("x", DataType.INT32, List.of(-1L))))
                .getFirst();
        assertThat(read.data().getInt(799_996)).isEqualTo(42);
        assertThatThrownBy(() -> new Frame(1000).begin(Frame.RUN).putTensors(List.of(tensor)))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("frame-max");
    }

    @Test
    void lengthOutOfBounds_isRefusedBeforeItIsRead() {
        for (int length : new int[] {-1, Integer.MIN_VALUE, BYTES_MAX + 1, Integer.MAX_VALUE}) {
            var bytes = ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(length)
                    .putInt(Frame.OUTPUTS)
                    .array();
            assertThatThrownBy(() -> received(bytes)).isInstanceOf(FrameException.class);
        }
        assertThatThrownBy(() -> received(new byte[] {1, 0, 0})).isInstanceOf(EOFException.class);
    }

    /// Every byte of a good message turned into something else, and every end of it cut off: it is read as some
    /// tensors that fit the signature, or refused, and never anything else.
    @Test
    void damagedMessages_areReadOrRefused() throws IOException {
        var good = sent(new Frame(BYTES_MAX).begin(Frame.OUTPUTS).putTensors(tensors()));
        int refused = 0;
        for (int at = 8; at < good.length; at++) {
            for (int change : new int[] {1, 0x7f, 0x80, 0xff}) {
                var bad = good.clone();
                bad[at] ^= (byte) change;
                refused += isRefused(bad) ? 1 : 0;
            }
        }
        for (int length = 8; length < good.length; length++) {
            var cut = java.util.Arrays.copyOf(good, length);
            ByteBuffer.wrap(cut).order(ByteOrder.LITTLE_ENDIAN).putInt(0, length - 8);
            assertThat(isRefused(cut)).as("cut to " + length).isTrue();
        }
        assertThat(refused).isGreaterThan(200);
    }

    @Test
    void randomMessages_areRefused() throws IOException {
        long seed = 20261122;
        var random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            var bytes = new byte[8 + random.nextInt(200)];
            random.nextBytes(bytes);
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(0, bytes.length - 8);
            if (i % 2 == 0 && bytes.length > 20) {
                ByteBuffer.wrap(bytes)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(8, 3)
                        .putInt(12, 0);
            }
            assertThat(isRefused(bytes)).as("seed " + seed + ", message " + i).isTrue();
        }
    }

    private static boolean isRefused(byte[] bytes) throws IOException {
        try {
            assertThat(received(bytes).readTensors(SPECS)).hasSize(SPECS.size());
            return false;
        } catch (FrameException _) {
            return true;
        }
    }

    @Test
    void signature_arrivesAsItWas() throws IOException {
        var frame = received(sent(new Frame(BYTES_MAX).begin(Frame.LOADED).putSpecs(SPECS)));
        assertThat(frame.readSpecs(10, 100)).isEqualTo(SPECS);
        var again = received(sent(new Frame(BYTES_MAX).begin(Frame.LOADED).putSpecs(SPECS)));
        assertThatThrownBy(() -> again.readSpecs(2, 100)).isInstanceOf(FrameException.class);
    }
}
