package io.presage.api.feed;

import io.presage.contract.state.RoutingTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The last routing table on disk: written whole beside the old one, made durable, then renamed over it, so
/// that there is always one that can be read. It holds hashes of keys, no keys; only its owner may read it. Read
/// by one thread, written by one.
public final class SnapshotFile {
    private static final Logger log = LoggerFactory.getLogger(SnapshotFile.class);

    private final Path directory;
    private final Path file;
    private final JsonMapper json;

    /// @throws IllegalStateException in one line, if `directory` cannot be written
    public SnapshotFile(Path directory, JsonMapper json) {
        this.directory = directory;
        this.file = directory.resolve("routing-table.json");
        this.json = json;
        try {
            Files.createDirectories(directory);
            Files.delete(Files.createTempFile(directory, "probe", null));
        } catch (IOException e) {
            throw new IllegalStateException("gateway.data-directory: " + directory + " cannot be written: " + e, e);
        }
    }

    /// Empty when there is none, or none that can be read: the registry will send another.
    Optional<RoutingTable> read() {
        try {
            return Optional.of(json.readValue(Files.readAllBytes(file), RoutingTable.class));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException | JacksonException e) {
            log.warn(
                    "event=snapshot-unreadable file={} cause={}",
                    file,
                    e.getClass().getSimpleName());
            return Optional.empty();
        }
    }

    /// `table` as JSON.
    void write(byte[] table) throws IOException {
        var temporary = directory.resolve("routing-table.json.new");
        Files.deleteIfExists(temporary);
        var permissions = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        try (var channel = FileChannel.open(
                temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), permissions)) {
            var bytes = ByteBuffer.wrap(table);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (var parent = FileChannel.open(directory, StandardOpenOption.READ)) {
            parent.force(true);
        }
    }
}
