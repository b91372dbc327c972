package io.presage.registry.artifacts;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// The one call that meets a full disk; a seam for tests.
@FunctionalInterface
interface Disk {
    /// Writes all of `bytes`.
    void write(FileChannel file, ByteBuffer bytes) throws IOException;

    Disk REAL = (file, bytes) -> {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    };
}
