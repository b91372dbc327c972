package io.presage.standalone.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/// Everything that Presage keeps, in one folder that only its owner may enter, used by one process at a time.
/// The lock is the operating system's, so that it ends with its process however that ends.
///
/// ```
/// DIR/admin.key        the first ADMIN key, mode 600
/// DIR/service.secret   what the services prove themselves to each other with, mode 600
/// DIR/postgres/        program, data and password of the database
/// DIR/registry/  DIR/worker/  DIR/gateway/   what each service keeps
/// DIR/demo/            downloaded demo models
/// DIR/logs/            bounded
/// ```
public final class DataDirectory implements AutoCloseable {
    private final Path root;
    private final FileChannel channel;

    @SuppressWarnings("unused") // Held for as long as the channel is open.
    private final FileLock lock;

    private DataDirectory(Path root, FileChannel channel, FileLock lock) {
        this.root = root;
        this.channel = channel;
        this.lock = lock;
    }

    /// Creates the folder where it is missing and takes it for this process.
    ///
    /// @throws StartException when it cannot be written, or another process has it
    public static DataDirectory open(Path shown) {
        var root = shown.toAbsolutePath().normalize();
        FileChannel channel = null;
        try {
            create(root);
            channel =
                    FileChannel.open(root.resolve("presage.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            var lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new StartException(
                        shown + ": in use by another presage (stop that one, or choose another with --data DIR)");
            }
            return new DataDirectory(root, channel, lock);
        } catch (FileAlreadyExistsException e) {
            throw new StartException(shown + ": not a directory (choose another with --data DIR)", e);
        } catch (IOException e) {
            throw new StartException(
                    shown + ": cannot be written by this user (" + reason(e)
                            + "; mend its permissions, or choose another with --data DIR)",
                    e);
        }
    }

    public Path root() {
        return root;
    }

    public Path resolve(String name) {
        return root.resolve(name);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static void create(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            Files.createDirectories(
                    root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException _) {
            return null;
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case java.nio.file.AccessDeniedException _ -> "permission denied";
            case java.nio.file.FileSystemException f when f.getReason() != null -> f.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
