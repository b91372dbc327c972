package io.presage.registry.artifacts;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/// Bytes that arrived whole and are durable under a temporary name. Closing one that was not kept deletes it.
///
/// Used by one thread. The channel stays open, and with it the file's lock, until the end: a registry that
/// starts meanwhile on the same file system sees that somebody owns the file and leaves it.
public final class Upload implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private final String sha256;
    private final long bytes;

    Upload(Path file, FileChannel channel, String sha256, long bytes) {
        this.file = file;
        this.channel = channel;
        this.sha256 = sha256;
        this.bytes = bytes;
    }

    /// Lower-case hex.
    public String sha256() {
        return sha256;
    }

    public long bytes() {
        return bytes;
    }

    Path file() {
        return file;
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            Files.deleteIfExists(file);
        }
    }
}
