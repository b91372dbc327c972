package io.presage.worker.derivation;

import io.presage.contract.state.DerivationResult;
import java.io.IOException;
import java.nio.file.Path;

/// Takes what was made to the registry. Blocking. A derivation that the registry no longer wants is as good as
/// taken.
public interface DerivationSink {
    /// @param file the package, whole
    void send(String derivationId, Path file, String sha256) throws IOException, InterruptedException;

    /// After the package, if there is one.
    void finish(String derivationId, DerivationResult result) throws IOException, InterruptedException;
}
