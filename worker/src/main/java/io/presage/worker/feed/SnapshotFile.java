package io.presage.worker.feed;

import io.presage.contract.state.DesiredState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The last desired state on disk, so that a restart needs no registry. Written whole beside the old one,
/// synced and renamed: after a crash there is the old or the new one, never half of one. One thread.
public final class SnapshotFile {
    private static final Logger log = LoggerFactory.getLogger(SnapshotFile.class);

    private final Path file;
    private final Path next;
    private final JsonMapper json;

    public SnapshotFile(Path directory, JsonMapper json) throws IOException {
        Files.createDirectories(directory);
        this.file = directory.resolve("desired-state.json");
        this.next = directory.resolve("desired-state.json.next");
        this.json = json;
    }

    /// Empty when there is none, or none that can be read: then only the registry can tell.
    Optional<DesiredState> read() throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            var state = json.readValue(Files.readAllBytes(file), DesiredState.class);
            // What was to be validated then is another worker's by now.
            return Optional.of(new DesiredState(state.revision(), state.assignments(), java.util.List.of()));
        } catch (JacksonException | IllegalArgumentException e) {
            log.warn("event=snapshot_unreadable file={} why={}", file, e.getMessage());
            return Optional.empty();
        }
    }

    void write(DesiredState state) throws IOException {
        var bytes = ByteBuffer.wrap(json.writeValueAsBytes(state));
        try (var channel = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
