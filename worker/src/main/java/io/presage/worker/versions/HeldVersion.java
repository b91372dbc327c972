package io.presage.worker.versions;

import io.presage.contract.infer.Signature;

/// A version that this worker answers for: in memory, or brought back by a call.
public sealed interface HeldVersion permits ServedVersion, DormantVersion {
    VersionKey key();

    /// The version's number as text, as it travels.
    String versionText();

    /// As in OIP's metadata: `onnxruntime_onnx`.
    String platform();

    Signature signature();

    Serving serving();

    /// Since it came into memory: nothing while it is not.
    VersionStatistics statistics();
}
