package io.presage.worker.versions;

import io.presage.contract.infer.Signature;

/// A version that was Ready here and gave its memory away. A call brings it back ([Versions#demand]).
public record DormantVersion(VersionKey key, String versionText, String platform, Signature signature, Serving serving)
        implements HeldVersion {
    static DormantVersion of(ServedVersion served) {
        return new DormantVersion(
                served.key(), served.versionText(), served.platform(), served.signature(), served.serving());
    }

    @Override
    public VersionStatistics statistics() {
        return VersionStatistics.NOTHING;
    }
}
