package io.presage.api.cache;

import static io.presage.api.cache.RouteCacheTest.kept;
import static io.presage.api.cache.RouteCacheTest.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.presage.contract.state.TrafficPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ResponseCacheTest {
    private static final TrafficPolicy.Cache TERMS = new TrafficPolicy.Cache(1_000, 1_000_000);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ResponseCache cache = new ResponseCache(10_000, () -> 0, meters);
    private final List<@Nullable Kept> heard = new ArrayList<>();

    private Found look(String model, int key) {
        return cache.look(model, TERMS, key(key), heard::add);
    }

    private Found.Ticket lead(String model, int key) {
        return ((Found.Lead) look(model, key)).ticket();
    }

    @Test
    void first_leads_othersJoin_laterOnesHit() {
        var ticket = lead("m", 1);
        assertThat(look("m", 1)).isInstanceOf(Found.Joined.class);
        assertThat(look("m", 1)).isInstanceOf(Found.Joined.class);
        assertThat(look("m", 2)).isInstanceOf(Found.Lead.class);
        var answer = kept(10);
        ticket.landed(answer);
        assertThat(heard).containsExactly(answer, answer);
        assertThat(look("m", 1)).isEqualTo(new Found.Hit(answer));
        assertThat(meters.get("presage_gateway_cache_calls_total")
                        .tag("result", "joined")
                        .counter()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void failedFlight_letsEverybodyGo() {
        var ticket = lead("m", 1);
        look("m", 1);
        ticket.failed();
        assertThat(heard).containsExactly((Kept) null);
        assertThat(look("m", 1)).isInstanceOf(Found.Lead.class);
    }

    @Test
    void whoLeft_hearsNothing() {
        var ticket = lead("m", 1);
        ((Found.Joined) look("m", 1)).seat().leave();
        ticket.landed(kept(10));
        assertThat(heard).isEmpty();
    }

    @Test
    void allRoutesTogether_areBounded_theLargestGivesWay() {
        for (int i = 0; i < 4; i++) {
            lead("large", i).landed(kept(1_000));
        }
        lead("small", 100).landed(kept(1_000));
        lead("small", 101).landed(kept(1_000));
        assertThat(cache.bytes()).isLessThanOrEqualTo(10_000);
        assertThat(look("large", 0)).isInstanceOf(Found.Lead.class);
        assertThat(look("large", 3)).isInstanceOf(Found.Hit.class);
        assertThat(look("small", 100)).isInstanceOf(Found.Hit.class);
        lead("small", 102).landed(kept(10_001));
        assertThat(look("small", 102)).isInstanceOf(Found.Lead.class);
    }

    @Test
    void identicalCallsOfManyThreads_areComputedOnce() throws Exception {
        int threads = 16;
        var computed = new AtomicInteger();
        var answered = new CountDownLatch(threads);
        var begin = new CountDownLatch(1);
        var answer = kept(10);
        for (int i = 0; i < threads; i++) {
            Thread.ofVirtual().start(() -> {
                try {
                    begin.await();
                } catch (InterruptedException _) {
                    return;
                }
                switch (cache.look("m", TERMS, key(7), _ -> answered.countDown())) {
                    case Found.Hit _ -> answered.countDown();
                    case Found.Joined _ -> {}
                    case Found.Lead(var ticket) -> {
                        computed.incrementAndGet();
                        ticket.landed(answer);
                        answered.countDown();
                    }
                }
            });
        }
        begin.countDown();
        answered.await();
        assertThat(computed.get()).isEqualTo(1);
    }
}
