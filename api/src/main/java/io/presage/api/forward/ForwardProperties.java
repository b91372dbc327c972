package io.presage.api.forward;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// `gateway.forward`: calls to workers.
///
/// @param connectionsMax kept open to one worker by one event loop, 1..65535
/// @param waitingMax calls of one event loop that wait for a connection to one worker, 0..1000000; more are
///     shed
/// @param connectTimeout 1ms..1m
/// @param idleConnectionTtl an unused connection is closed after this long, at least 1s; keep it below the
///     worker's
/// @param wholeAnswerMax answers up to this size are forwarded in one piece, larger ones streamed; 0 streams
///     all
/// @param answerMax answers that are translated into another protocol are held whole: up to this size, at most 1GB
/// @param retryPercent retries earned by 100 calls, 0..100
/// @param retryFloorPerSecond retries earned by time alone, 0..100000
/// @param retrySavedMax retries that can be saved up, 0..1000000; 0 switches retries off
public record ForwardProperties(
        @DefaultValue("256") @Min(1) @Max(65_535) int connectionsMax,
        @DefaultValue("1024") @Min(0) @Max(1_000_000) int waitingMax,
        @DefaultValue("1s") Duration connectTimeout,
        @DefaultValue("30s") Duration idleConnectionTtl,
        @DefaultValue("256KB") DataSize wholeAnswerMax,
        @DefaultValue("64MB") DataSize answerMax,
        @DefaultValue("20") @Min(0) @Max(100) int retryPercent,
        @DefaultValue("10") @Min(0) @Max(100_000) int retryFloorPerSecond,
        @DefaultValue("100") @Min(0) @Max(1_000_000) int retrySavedMax) {
    public ForwardProperties {
        if (connectTimeout.toMillis() < 1 || connectTimeout.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException(
                    "gateway.forward.connect-timeout: " + connectTimeout + " (expected: 1ms..1m)");
        }
        if (idleConnectionTtl.toSeconds() < 1) {
            throw new IllegalArgumentException(
                    "gateway.forward.idle-connection-ttl: " + idleConnectionTtl + " (expected: at least 1s)");
        }
        if (wholeAnswerMax.toBytes() < 0 || wholeAnswerMax.compareTo(DataSize.ofMegabytes(64)) > 0) {
            throw new IllegalArgumentException(
                    "gateway.forward.whole-answer-max: " + wholeAnswerMax + " (expected: 0..64MB)");
        }
        if (answerMax.compareTo(wholeAnswerMax) < 0 || answerMax.compareTo(DataSize.ofGigabytes(1)) > 0) {
            throw new IllegalArgumentException(
                    "gateway.forward.answer-max: " + answerMax + " (expected: whole-answer-max..1GB)");
        }
    }
}
