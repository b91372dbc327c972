package io.presage.worker.infer;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A body that has arrived, unpacked.
///
/// @param bytes of which the first `length` are the body's, or its JSON part's when there is a `tail`
/// @param tail the binary part of an OIP body, little-endian, received apart from the rest into direct
///     memory, where its tensors can stay; null for any other body
record Content(byte[] bytes, int length, @Nullable ByteBuffer tail) {
    static Content of(byte[] bytes, int length) {
        return new Content(bytes, length, null);
    }
}
