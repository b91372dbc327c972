package io.presage.api.http;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// `gateway.http`: the public port.
///
/// @param host address to listen on
/// @param port 0..65535; 0 means any free one, and is logged
/// @param eventLoops threads that serve it; 0 means one for each processor
/// @param bodyBytesMax largest body of a predict call, 1B..1GB
/// @param bodyBytesInFlightMax bodies of all predict calls held at once, at least `bodyBytesMax`; 0 means a
///     quarter of the heap, or `bodyBytesMax` if that is more
/// @param requestLineBytesMax 256B..64KB
/// @param headerBytesMax all headers of a request together, 1KB..1MB
/// @param streamsMax concurrent calls of one HTTP/2 connection, 1..10000
/// @param headerTimeout from the first byte of a head to its last, and for a connection to its first head, at
///     least 100ms
/// @param bodyTimeout longest pause inside a body, or of a client that does not take its answer, at least 100ms
/// @param idleTimeout a connection without a request is closed after this long, at least 100ms
/// @param stopTimeout how long a graceful stop waits for calls in flight; 0 means not at all
/// @param stopLinger for how long then connections without a call stay open, so that a request that is on its way
///     is answered, and its client told to close; at most `stopTimeout` counts. 0 closes them at once
/// @param tls certificate and key; without them the port speaks in clear
public record HttpProperties(
        @DefaultValue("0.0.0.0") @NotBlank String host,
        @DefaultValue("8080") @Min(0) @Max(65_535) int port,
        @DefaultValue("0") @Min(0) @Max(1024) int eventLoops,
        @DefaultValue("64MB") DataSize bodyBytesMax,
        @DefaultValue("0B") DataSize bodyBytesInFlightMax,
        @DefaultValue("8KB") DataSize requestLineBytesMax,
        @DefaultValue("16KB") DataSize headerBytesMax,
        @DefaultValue("256") @Min(1) @Max(10_000) int streamsMax,
        @DefaultValue("10s") Duration headerTimeout,
        @DefaultValue("30s") Duration bodyTimeout,
        @DefaultValue("75s") Duration idleTimeout,
        @DefaultValue("20s") Duration stopTimeout,
        @DefaultValue("1s") Duration stopLinger,
        @Valid @DefaultValue TlsProperties tls) {
    public HttpProperties {
        within("body-bytes-max", bodyBytesMax, DataSize.ofBytes(1), DataSize.ofGigabytes(1));
        within("request-line-bytes-max", requestLineBytesMax, DataSize.ofBytes(256), DataSize.ofKilobytes(64));
        within("header-bytes-max", headerBytesMax, DataSize.ofKilobytes(1), DataSize.ofMegabytes(1));
        if (bodyBytesInFlightMax.toBytes() != 0 && bodyBytesInFlightMax.compareTo(bodyBytesMax) < 0) {
            throw new IllegalArgumentException("gateway.http.body-bytes-in-flight-max: " + bodyBytesInFlightMax
                    + " (expected: 0, or at least body-bytes-max, " + bodyBytesMax + ")");
        }
        atLeast("header-timeout", headerTimeout, 100);
        atLeast("body-timeout", bodyTimeout, 100);
        atLeast("idle-timeout", idleTimeout, 100);
        atLeast("stop-timeout", stopTimeout, 0);
        atLeast("stop-linger", stopLinger, 0);
    }

    /// `bodyBytesInFlightMax` with its 0 resolved.
    public long bodyBytesInFlight(long heapBytes) {
        return bodyBytesInFlightMax.toBytes() != 0
                ? bodyBytesInFlightMax.toBytes()
                : Math.max(bodyBytesMax.toBytes(), heapBytes / 4);
    }

    long stopLingerMillis() {
        return Math.min(stopLinger.toMillis(), stopTimeout.toMillis());
    }

    private static void within(String key, DataSize value, DataSize min, DataSize max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(
                    "gateway.http." + key + ": " + value + " (expected: " + min + ".." + max + ")");
        }
    }

    private static void atLeast(String key, Duration value, long millis) {
        if (value.toMillis() < millis) {
            throw new IllegalArgumentException(
                    "gateway.http." + key + ": " + value + " (expected: at least " + millis + "ms)");
        }
    }
}
