package io.presage.contract.state;

/// What an API key may do. A key holds one or more.
public enum Role {
    /// Predict and read model metadata.
    PREDICT,
    /// Create models and upload versions.
    PUBLISH,
    /// Move aliases and routes, roll back, set deployments.
    PROMOTE,
    /// Everything, keys and the audit log included.
    ADMIN
}
