package io.presage.engine.torchscript;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Writes TorchScript archives as `torch.jit.save` does: stored entries, the weights' bytes, a pickle that
/// names them,
/// and `forward` as source.
final class TorchArchive {
    private record Weights(float[] values, int[] dims) {}

    private final Map<String, Weights> weights = new LinkedHashMap<>();
    private String forward = "";

    TorchArchive weights(String name, float[] values, int... dims) {
        weights.put(name, new Weights(values, dims));
        return this;
    }

    /// `signature` is what stands between `self` and the colon: `x: Tensor) -> Tensor`.
    TorchArchive forward(String signature, String... lines) {
        forward = "  def forward(self: __torch__.Net" + (signature.startsWith(")") ? "" : ", ") + signature + ":\n    "
                + String.join("\n    ", lines) + "\n";
        return this;
    }

    byte[] bytes() {
        var out = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(out)) {
            put(zip, "net/data.pkl", pickle());
            put(zip, "net/code/__torch__.py", code().getBytes(StandardCharsets.UTF_8));
            put(zip, "net/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
            int index = 0;
            for (var all : weights.values()) {
                var data =
                        ByteBuffer.allocate(all.values().length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                data.asFloatBuffer().put(all.values());
                put(zip, "net/data/" + index++, data.array());
            }
            put(zip, "net/version", "3\n".getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        var checksum = new CRC32();
        checksum.update(bytes);
        var entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        entry.setCrc(checksum.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }

    private String code() {
        var code = new StringBuilder("class Net(Module):\n  __parameters__ = [");
        weights.keySet().forEach(name -> code.append('"').append(name).append("\", "));
        code.append("]\n  __buffers__ = []\n");
        weights.keySet().forEach(name -> code.append("  ").append(name).append(" : Tensor\n"));
        return code.append("  training : bool\n").append(forward).toString();
    }

    /// The module: an object of class `__torch__.Net` with its weights, in pickle's protocol 2.
    private byte[] pickle() {
        var pickle = new Pickle();
        pickle.raw(0x80, 2)
                .global("__torch__", "Net")
                .raw(')', 0x81, '}', '(')
                .text("training")
                .raw(0x89);
        int index = 0;
        for (var all : weights.entrySet()) {
            pickle.text(all.getKey()).tensor(index++, all.getValue());
        }
        return pickle.raw('u', 'b', '.').bytes();
    }

    private static final class Pickle {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Pickle raw(int... opcodes) {
            for (int opcode : opcodes) {
                out.write(opcode);
            }
            return this;
        }

        Pickle global(String module, String name) {
            out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
            return this;
        }

        Pickle text(String text) {
            var bytes = text.getBytes(StandardCharsets.UTF_8);
            raw('X').little(bytes.length);
            out.writeBytes(bytes);
            return this;
        }

        Pickle number(int number) {
            return raw('J').little(number);
        }

        private Pickle little(int number) {
            return raw(number & 0xff, number >>> 8 & 0xff, number >>> 16 & 0xff, number >>> 24);
        }

        Pickle tensor(int index, Weights weights) {
            global("torch._utils", "_rebuild_tensor_v2").raw('(', '(');
            text("storage")
                    .global("torch", "FloatStorage")
                    .text(Integer.toString(index))
                    .text("cpu");
            number(weights.values().length).raw('t', 'Q').number(0).raw('(');
            for (int dim : weights.dims()) {
                number(dim);
            }
            raw('t', '(');
            int stride = weights.values().length;
            for (int dim : weights.dims()) {
                stride /= dim;
                number(stride);
            }
            return raw('t', 0x89).global("collections", "OrderedDict").raw(')', 'R', 't', 'R');
        }

        byte[] bytes() {
            return out.toByteArray();
        }
    }
}
