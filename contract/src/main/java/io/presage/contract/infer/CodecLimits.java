package io.presage.contract.infer;

/// Bounds of what one request may make the codec do.
///
/// @param tensorBytesMax memory of all tensors of a request together: 1 byte to 2 GiB - 1
/// @param tensorsMax inputs, and requested outputs, of a request: 1..10000
/// @param nestingMax depth of JSON outside of `data`: 1..500
/// @param nameBytesMax length of names, ids and other strings outside of `data`: 1..1048576
public record CodecLimits(int tensorBytesMax, int tensorsMax, int nestingMax, int nameBytesMax) {
    public static final CodecLimits DEFAULT = new CodecLimits(256 << 20, 256, 32, 4096);

    public CodecLimits {
        requireBetween("tensorBytesMax", tensorBytesMax, Integer.MAX_VALUE);
        requireBetween("tensorsMax", tensorsMax, 10_000);
        requireBetween("nestingMax", nestingMax, 500);
        requireBetween("nameBytesMax", nameBytesMax, 1 << 20);
    }

    private static void requireBetween(String name, int value, int max) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: 1.." + max + ")");
        }
    }
}
