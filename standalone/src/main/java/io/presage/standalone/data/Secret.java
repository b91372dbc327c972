package io.presage.standalone.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.random.RandomGenerator;

/// A random text in a file that only its owner may read. Made once; 256 bits.
public final class Secret {
    /// The secret in `file`, which is made where it is missing. A crash leaves a whole file or none.
    public static String readOrCreate(Path file, RandomGenerator random) throws IOException {
        try {
            return Files.readString(file).strip();
        } catch (NoSuchFileException _) {
            var bytes = new byte[32];
            random.nextBytes(bytes);
            var secret = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            var next = file.resolveSibling(file.getFileName() + ".new");
            Files.deleteIfExists(next);
            Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(next, secret.getBytes(StandardCharsets.UTF_8));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            return secret;
        }
    }

    private Secret() {}
}
