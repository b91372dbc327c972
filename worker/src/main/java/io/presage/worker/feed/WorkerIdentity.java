package io.presage.worker.feed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// Who this worker is, over restarts.
public final class WorkerIdentity {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    private WorkerIdentity() {}

    /// The configured id; without one, that of the data directory, made by `fresh` at the first start.
    ///
    /// @throws IllegalArgumentException for an id that cannot travel in a path or header
    public static String of(String configured, Path directory, Supplier<String> fresh) throws IOException {
        if (!configured.isEmpty()) {
            return checked(configured, "worker.id");
        }
        var file = directory.resolve("worker-id");
        if (!Files.exists(file)) {
            Files.createDirectories(directory);
            Files.writeString(file, checked(fresh.get(), "made worker id"));
        }
        return checked(Files.readString(file).strip(), file.toString());
    }

    private static String checked(String id, String source) {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    source + ": '" + id + "' (expected: 1..128 characters of A-Z a-z 0-9 . _ -)");
        }
        return id;
    }
}
