package io.presage.contract.http;

/// Paths of the registry's internal port, all guarded by [Headers#SERVICE_SECRET].
public final class InternalPaths {
    /// GET `?after=REVISION&worker=ID` answers [io.presage.contract.state.DesiredState],
    /// `?after=REVISION&gateway=ID` answers [io.presage.contract.state.RoutingTable]; 204 when nothing newer
    /// came within 25 s. `after=-1` answers at once. With `&changes=true` a gateway that has the table of revision
    /// `after` says that it can also read [io.presage.contract.state.RoutingChanges], told by their media type.
    public static final String STATE = "/internal/state";

    /// POST [io.presage.contract.state.SliceRequest]: [io.presage.contract.state.SliceAnswer].
    public static final String SLICES = "/internal/limits/slices";

    /// POST [io.presage.contract.state.Report]: 204.
    public static final String REPORT = "/internal/report";

    /// POST `/{validationId}` [io.presage.contract.state.ValidationResult]: 204, also when it was reported
    /// before.
    public static final String VALIDATIONS = "/internal/validations";

    /// PUT `/{derivationId}?sha256=HEX`, the body is the sibling's package: 204. Then POST `/{derivationId}`
    /// [io.presage.contract.state.DerivationResult]: 204, also when it was reported before.
    public static final String DERIVATIONS = "/internal/derivations";

    /// GET `/{sha256}`: the bytes, with Content-Length.
    public static final String ARTIFACTS = "/internal/artifacts";

    /// POST [io.presage.contract.state.ShadowReport]: 204, also when that batch came before.
    public static final String SHADOWS = "/internal/shadows";

    private InternalPaths() {}
}
