package io.presage.worker.infer;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// `worker.http.*`: the inference port.
///
/// @param host address that is listened on
/// @param port 0 = any free one
/// @param eventLoops 0 = as many as cores
/// @param bodyBytesMax larger bodies are answered with 413; at most 1 GB
/// @param inflightBytesMax bodies and tensors of all calls that are being received or wait; more is answered
///     with 503
/// @param inlineBodyBytesMax larger bodies are never read on an event loop; at most 1 MB
/// @param inlineRowsMax calls with more rows are never run on an event loop
/// @param headerBytesMax request line and headers, each; more is answered with 431 or 414
/// @param connectionsMax more are closed at once
/// @param headTimeout from the connection to its first request's last header
/// @param bodyTimeout from a request's head to its last byte, and for the answer's last byte
/// @param idleTimeout from an answer to the next request's last header
/// @param timeout deadline of calls that name none
/// @param prepareThreads that decode and tokenize; 0 = as many as cores
/// @param prepareQueueMax calls that may wait for them
/// @param compressBytesMin smaller answers are never compressed, whatever the client accepts; 0 = no answer is
/// @param open true = whoever reaches the port may call, no service secret is asked for
public record HttpSettings(
        @DefaultValue("0.0.0.0") @NotBlank String host,
        @DefaultValue("8100") int port,
        @DefaultValue("0") int eventLoops,
        @DefaultValue("64MB") @NotNull DataSize bodyBytesMax,
        @DefaultValue("256MB") @NotNull DataSize inflightBytesMax,
        @DefaultValue("64KB") @NotNull DataSize inlineBodyBytesMax,
        @DefaultValue("64") int inlineRowsMax,
        @DefaultValue("16KB") @NotNull DataSize headerBytesMax,
        @DefaultValue("8192") int connectionsMax,
        @DefaultValue("10s") @NotNull Duration headTimeout,
        @DefaultValue("60s") @NotNull Duration bodyTimeout,
        @DefaultValue("75s") @NotNull Duration idleTimeout,
        @DefaultValue("60s") @NotNull Duration timeout,
        @DefaultValue("0") int prepareThreads,
        @DefaultValue("1024") int prepareQueueMax,
        @DefaultValue("1KB") @NotNull DataSize compressBytesMin,
        @DefaultValue("false") boolean open) {
    public HttpSettings {
        require("port", port, 0, 65_535);
        require("event-loops", eventLoops, 0, 256);
        require("body-bytes-max", bodyBytesMax.toBytes(), 1, 1 << 30);
        require("inflight-bytes-max", inflightBytesMax.toBytes(), bodyBytesMax.toBytes(), Long.MAX_VALUE);
        require("inline-body-bytes-max", inlineBodyBytesMax.toBytes(), 0, 1 << 20);
        require("inline-rows-max", inlineRowsMax, 0, 65_536);
        require("header-bytes-max", headerBytesMax.toBytes(), 1024, 1 << 20);
        require("connections-max", connectionsMax, 1, 1_000_000);
        require("head-timeout (milliseconds)", headTimeout.toMillis(), 1, 600_000);
        require("body-timeout (milliseconds)", bodyTimeout.toMillis(), 1, 600_000);
        require("idle-timeout (milliseconds)", idleTimeout.toMillis(), 1, 86_400_000);
        require("timeout (milliseconds)", timeout.toMillis(), 1, 600_000);
        require("prepare-threads", prepareThreads, 0, 1024);
        require("prepare-queue-max", prepareQueueMax, 1, 1_000_000);
        require("compress-bytes-min", compressBytesMin.toBytes(), 0, 1 << 30);
    }

    private static void require(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    "worker.http." + name + ": " + value + " (expected: " + min + ".." + max + ")");
        }
    }
}
