package io.presage.api.cache;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.api.routes.RoutingIndex;
import io.presage.contract.state.TrafficPolicy;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The gateway's answers, in one [RouteCache] a model, and the calls on their way that others wait for. A flight's
/// answer is put before the flight ends, and who begins a flight looks once more: so of identical calls one
/// goes to a
/// worker. Any thread.
public final class ResponseCache {
    enum Result {
        HIT,
        JOINED,
        MISS
    }

    private record Meter(String model, Result result) {}

    private final long bytesMax;
    private final LongSupplier nanos;
    private final MeterRegistry meters;
    private final Map<String, RouteCache> routes = new ConcurrentHashMap<>();
    private final Map<CacheKey, Flight> flights = new ConcurrentHashMap<>();
    private final Map<Meter, Counter> calls = new ConcurrentHashMap<>();

    /// @param bytesMax of all routes together
    public ResponseCache(long bytesMax, LongSupplier nanos, MeterRegistry meters) {
        this.bytesMax = bytesMax;
        this.nanos = nanos;
        this.meters = meters;
    }

    /// Looks for `key`; `call` waits if an identical one is on its way.
    Found look(String model, TrafficPolicy.Cache terms, CacheKey key, Waiting call) {
        var kept = find(model, terms, key);
        while (kept.isEmpty()) {
            var mine = new Flight();
            var present = flights.putIfAbsent(key, mine);
            if (present == null) {
                return begun(model, terms, key, mine);
            }
            if (present.join(call)) {
                count(model, Result.JOINED);
                return new Found.Joined(new Found.Seat(present, call));
            }
            // It has just landed.
            flights.remove(key, present);
            kept = find(model, terms, key);
        }
        count(model, Result.HIT);
        return new Found.Hit(kept.get());
    }

    private Found begun(String model, TrafficPolicy.Cache terms, CacheKey key, Flight flight) {
        var kept = find(model, terms, key);
        if (kept.isPresent()) {
            end(key, flight, kept.get());
            count(model, Result.HIT);
            return new Found.Hit(kept.get());
        }
        count(model, Result.MISS);
        return new Found.Lead(new Found.Ticket() {
            @Override
            public void landed(Kept answer) {
                put(model, terms, key, answer);
                end(key, flight, answer);
            }

            @Override
            public void failed() {
                end(key, flight, null);
            }
        });
    }

    private void end(CacheKey key, Flight flight, @Nullable Kept kept) {
        flights.remove(key, flight);
        flight.land().forEach(call -> call.landed(kept));
    }

    private Optional<Kept> find(String model, TrafficPolicy.Cache terms, CacheKey key) {
        var route = routes.get(model);
        return route == null
                ? Optional.empty()
                : route.find(key, TimeUnit.MILLISECONDS.toNanos(terms.maxAgeMillis()), nanos.getAsLong());
    }

    /// Where all routes together are too large, the largest gives way.
    private void put(String model, TrafficPolicy.Cache terms, CacheKey key, Kept kept) {
        if (kept.bytes() > bytesMax) {
            return;
        }
        routes.computeIfAbsent(model, _ -> new RouteCache()).put(key, kept, terms, nanos.getAsLong());
        while (bytes() > bytesMax) {
            var largest = routes.values().stream().max(Comparator.comparingLong(RouteCache::bytes));
            if (largest.isEmpty() || !largest.get().dropEldest()) {
                return;
            }
        }
    }

    public long bytes() {
        return routes.values().stream().mapToLong(RouteCache::bytes).sum();
    }

    private void count(String model, Result result) {
        calls.computeIfAbsent(new Meter(model, result), this::counter).increment();
    }

    private Counter counter(Meter meter) {
        return Counter.builder("presage_gateway_cache_calls_total")
                .description("Calls of routes with a cache")
                .tag("model", meter.model())
                .tag("result", meter.result().name().toLowerCase(Locale.ROOT))
                .register(meters);
    }

    /// Forgets the answers of routes that have no cache any more, and what no longer fits those that have.
    public void retain(RoutingIndex index) {
        routes.forEach((model, route) -> {
            var cache = index.cache(model);
            if (cache == null) {
                routes.remove(model, route);
            } else {
                route.trim(cache.maxBytes());
            }
        });
        calls.forEach((meter, counter) -> {
            if (index.cache(meter.model()) == null) {
                calls.remove(meter);
                meters.remove(counter);
            }
        });
    }
}
