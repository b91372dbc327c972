package io.presage.registry.access;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The file with the first ADMIN key. It is written whole and durably (mode 600, fsync, rename) before the key
/// is accepted, so that no key is ever in force that nobody can read. Used once, at start.
final class BootstrapKeyFile {
    private static final Logger log = LoggerFactory.getLogger(BootstrapKeyFile.class);
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final Path file;

    BootstrapKeyFile(Path file) {
        this.file = file.toAbsolutePath().normalize();
    }

    KeyText readOrWrite(RandomGenerator random) throws IOException {
        return Files.exists(file) ? read() : write(KeyText.generate(random));
    }

    private KeyText read() throws IOException {
        var permissions = Files.getPosixFilePermissions(file);
        // A group may read it: a secret volume of Kubernetes needs that.
        if (permissions.contains(PosixFilePermission.OTHERS_READ)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
            log.warn(
                    "event=bootstrap-key-file-open file={} mode={} expected=rw-------",
                    file,
                    PosixFilePermissions.toString(permissions));
        }
        return KeyText.parse(Files.readString(file).strip())
                .orElseThrow(() -> new IllegalArgumentException("registry.access.bootstrap-key-file: " + file
                        + " holds no key (expected: presage_ID_SECRET, or no such file)"));
    }

    private KeyText write(KeyText key) throws IOException {
        var directory = file.resolveSibling(".").normalize();
        Files.createDirectories(directory);
        var temporary =
                Files.createTempFile(directory, ".key-", ".tmp", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        try {
            try (var channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                var bytes = ByteBuffer.wrap((key.reveal() + "\n").getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
        log.info("event=bootstrap-key-written file={} key={}", file, key.id());
        return key;
    }
}
