package io.presage.contract.infer;

/// Bounds of what one request may make the codec do.
///
/// @param tensorBytesMax memory of all tensors of a request together
/// @param tensorsMax inputs, and requested outputs, of a request
/// @param nestingMax depth of JSON outside of `data`
/// @param nameBytesMax length of names, ids and other strings outside of `data`
public record CodecLimits(int tensorBytesMax, int tensorsMax, int nestingMax, int nameBytesMax) {
    public static final CodecLimits DEFAULT = new CodecLimits(256 << 20, 256, 32, 4096);
}
