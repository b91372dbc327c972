package io.presage.api.feed;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// `gateway.feed`: how the routing table is fetched.
///
/// @param pollTimeout longest wait for an answer; the registry holds a poll for 25 s. At least 100ms
/// @param backoffMin first wait after a failure, at least 1ms
/// @param backoffMax longest wait after a failure, at least `backoffMin`
/// @param tableBytesMax largest table that is read, 1KB..1GB
/// @param snapshotInterval the table on disk is written at most this often, and is at most this much older than
///     the one in force; changed keys are written at once. 0 to 1h
public record FeedProperties(
        @DefaultValue("40s") Duration pollTimeout,
        @DefaultValue("100ms") Duration backoffMin,
        @DefaultValue("5s") Duration backoffMax,
        @DefaultValue("256MB") DataSize tableBytesMax,
        @DefaultValue("10s") Duration snapshotInterval) {
    public FeedProperties {
        if (pollTimeout.toMillis() < 100 || backoffMin.toMillis() < 1 || backoffMax.compareTo(backoffMin) < 0) {
            throw new IllegalArgumentException("gateway.feed: poll-timeout " + pollTimeout + ", backoff-min "
                    + backoffMin + ", backoff-max " + backoffMax
                    + " (expected: at least 100ms, at least 1ms, at least backoff-min)");
        }
        if (tableBytesMax.toBytes() < 1024 || tableBytesMax.compareTo(DataSize.ofGigabytes(1)) > 0) {
            throw new IllegalArgumentException(
                    "gateway.feed.table-bytes-max: " + tableBytesMax + " (expected: 1KB..1GB)");
        }
        if (snapshotInterval.isNegative() || snapshotInterval.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException(
                    "gateway.feed.snapshot-interval: " + snapshotInterval + " (expected: 0..1h)");
        }
    }
}
