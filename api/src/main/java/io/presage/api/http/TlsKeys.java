package io.presage.api.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate of the public port as its files have it. While the port is open they are read again every
/// `reload-interval`, on one virtual thread. What cannot be used is told once in the log, counted, and not used:
/// the last that could stays. [#turn] is one look at the files. Opened and closed by one thread at a time.
public final class TlsKeys {
    private static final Logger log = LoggerFactory.getLogger(TlsKeys.class);
    private static final long USE_SECONDS_MAX = 10;
    private static final Duration STOP_MAX = Duration.ofSeconds(2);

    /// How the loop waits between turns.
    public interface Pause {
        void sleep(long millis) throws InterruptedException;
    }

    private final TlsProperties properties;
    private final MeterRegistry meters;
    private final Pause pause;
    private volatile @Nullable TlsIdentity current;
    private @Nullable Thread thread;

    /// What is in use, and why what was looked at last is not. Of who opens the port, then of the thread.
    private @Nullable TlsFiles inUse;

    private String failure = "";

    public TlsKeys(TlsProperties properties, MeterRegistry meters, Pause pause) {
        this.properties = properties;
        this.meters = meters;
        this.pause = pause;
    }

    boolean isOn() {
        return properties.isOn();
    }

    /// Reads the files for the first time.
    ///
    /// @throws IllegalStateException in one line, if they cannot be used
    TlsIdentity first() {
        try {
            var files = TlsFiles.read(properties);
            var identity = TlsIdentity.of(files);
            inUse = files;
            current = identity;
            Gauge.builder("presage_gateway_tls_expires_seconds", this, TlsKeys::expiresSeconds)
                    .description("End of the certificate in use, seconds since 1970")
                    .register(meters);
            reloads("ok");
            reloads("failed");
            return identity;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("gateway.http.tls: " + told(e), e);
        }
    }

    private double expiresSeconds() {
        var identity = current;
        return identity == null ? Double.NaN : identity.expires().getEpochSecond();
    }

    private Counter reloads(String result) {
        return Counter.builder("presage_gateway_tls_reloads_total")
                .description("Changed certificate files, by what came of them")
                .tag("result", result)
                .register(meters);
    }

    /// Looks at the files from now on, unless that is switched off.
    ///
    /// @param use puts an identity to use for further connections; its future fails when it cannot
    void watch(Function<TlsIdentity, Future<?>> use) {
        long millis = properties.reloadInterval().toMillis();
        if (millis > 0) {
            thread = Thread.ofVirtual().name("tls-keys").start(() -> run(millis, use));
        }
    }

    private void run(long millis, Function<TlsIdentity, Future<?>> use) {
        try {
            while (true) {
                pause.sleep(millis);
                turn(use);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Two files may be caught between two writes: then a later turn sees others, and looks again.
    void turn(Function<TlsIdentity, Future<?>> use) throws InterruptedException {
        try {
            var files = TlsFiles.read(properties);
            if (inUse != null && files.hasSameAs(inUse)) {
                failure = "";
                return;
            }
            var identity = TlsIdentity.of(files);
            use.apply(identity).toCompletionStage().toCompletableFuture().get(USE_SECONDS_MAX, TimeUnit.SECONDS);
            inUse = files;
            failure = "";
            current = identity;
            reloads("ok").increment();
            log.info("event=tls-reloaded expires={}", identity.expires());
        } catch (IOException | GeneralSecurityException | ExecutionException | TimeoutException | RuntimeException e) {
            failed(told(e));
        }
    }

    /// The same failure is told once, not with every turn.
    private void failed(String cause) {
        if (!cause.equals(failure)) {
            failure = cause;
            reloads("failed").increment();
            log.warn("event=tls-reload-failed the_old_one=stays cause={}", cause);
        }
    }

    private static String told(Exception e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }

    void stop() throws InterruptedException {
        var running = thread;
        thread = null;
        if (running != null) {
            running.interrupt();
            running.join(STOP_MAX);
        }
    }
}
