package io.presage.api.replicas;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// One worker at one address: how many calls this gateway has on it, and its circuit. Any thread.
///
/// A permit from [#tryAcquire] is given back exactly once, by one of the methods of [Hold].
public final class Replica implements Candidate, Hold {
    private final String workerId;
    private final String host;
    private final int port;
    private final int inFlightMax;
    private final CircuitBreaker circuit;
    private final AtomicInteger inFlight = new AtomicInteger();

    Replica(String workerId, String host, int port, int inFlightMax, CircuitBreaker circuit) {
        this.workerId = workerId;
        this.host = host;
        this.port = port;
        this.inFlightMax = inFlightMax;
        this.circuit = circuit;
    }

    public String workerId() {
        return workerId;
    }

    public String host() {
        return host;
    }

    public int port() {
        return port;
    }

    CircuitBreaker circuit() {
        return circuit;
    }

    @Override
    public int inFlight() {
        return inFlight.get();
    }

    /// True when a permit was refused for want of room, not because the circuit is open.
    boolean busy() {
        return inFlight.get() >= inFlightMax;
    }

    @Override
    public boolean tryAcquire() {
        if (inFlight.incrementAndGet() > inFlightMax || !circuit.tryAcquirePermission()) {
            inFlight.decrementAndGet();
            return false;
        }
        return true;
    }

    /// It answered, whatever it said: a caller's mistake is no fault of the worker.
    @Override
    public void answered(Answer answer, long elapsedNanos) {
        circuit.onSuccess(elapsedNanos, TimeUnit.NANOSECONDS);
        inFlight.decrementAndGet();
    }

    @Override
    public void failed(long elapsedNanos, Throwable cause) {
        circuit.onError(elapsedNanos, TimeUnit.NANOSECONDS, cause);
        inFlight.decrementAndGet();
    }

    @Override
    public void released(long elapsedNanos) {
        circuit.releasePermission();
        inFlight.decrementAndGet();
    }

    @Override
    public String toString() {
        return workerId + "@" + host + ":" + port;
    }
}
