package io.presage.worker.artifacts;

import java.io.IOException;
import java.io.InputStream;

/// Where packages come from. Any thread; blocking.
@FunctionalInterface
public interface ArtifactSource {
    /// The bytes with digest `sha256`; the caller closes the stream.
    ///
    /// @throws PackageException when the source says that it has no such bytes
    /// @throws IOException when the source cannot be reached
    InputStream open(String sha256) throws PackageException, IOException, InterruptedException;
}
