package io.presage.contract.state;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a gateway tells the registry about its share of each limit, each second or so.
///
/// @param gatewayId the gateway's name
/// @param incarnation this process: slices are held by processes, not by names
/// @param leaving it stops: what it holds is free at once
/// @param gateways that share limits, as far as it knows
/// @param elapsedMillis since its last request; what `wanted` is counted over. At least 1
/// @param leases every limit that it counts at the moment; what is missing is given up
/// @param usages what was used of quotas, also of days that just ended
public record SliceRequest(
        String gatewayId,
        String incarnation,
        boolean leaving,
        int gateways,
        long elapsedMillis,
        List<Lease> leases,
        List<Usage> usages) {
    public SliceRequest {
        leases = leases == null ? List.of() : List.copyOf(leases);
        usages = usages == null ? List.of() : List.copyOf(usages);
    }

    private static final int FIRST_PART = 10;

    /// What each of `gateways` may begin to count a limit with before it has asked, and keeps while the others hold
    /// all: the tenth part of its even share, but one permit.
    public static int first(int permits, int gateways) {
        return Math.max(1, permits / (FIRST_PART * Math.max(1, gateways)));
    }

    /// @param limit its name, the same at every gateway
    /// @param permits of the whole limit, for all gateways together
    /// @param periodMillis of the limit
    /// @param held the most that this gateway lets in during the present period
    /// @param wanted what was asked for since the last request, refused or not
    public record Lease(String limit, int permits, long periodMillis, int held, long wanted) {}

    /// @param day days since 1970-01-01 UTC
    /// @param calls let in by this process on that day so far
    /// @param rows of these calls so far
    /// @param quota null for a day that is over
    /// @param heldCalls calls that it may still let in on its last allowance
    /// @param heldRows the same in rows
    public record Usage(
            String tenant,
            long day,
            long calls,
            long rows,
            @Nullable Quota quota,
            long heldCalls,
            long heldRows) {}
}
