package io.presage.worker.versions;

/// A version's name.
public record VersionKey(String model, int version) {
    /// `iris/3`
    @Override
    public String toString() {
        return model + "/" + version;
    }
}
