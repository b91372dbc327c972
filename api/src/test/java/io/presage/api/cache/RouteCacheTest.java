package io.presage.api.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.TrafficPolicy;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class RouteCacheTest {
    private static final long AGE_NANOS = 1_000_000_000;

    private final RouteCache cache = new RouteCache();

    static Kept kept(int bytes) {
        return new Kept(MultiMap.caseInsensitiveMultiMap(), Buffer.buffer(new byte[bytes]));
    }

    static CacheKey key(int number) {
        return new CacheKey(number, 0, 0, 0);
    }

    private static TrafficPolicy.Cache room(int answersOf100) {
        return new TrafficPolicy.Cache(1000, (long) answersOf100 * kept(100).bytes());
    }

    private boolean has(int number) {
        return cache.find(key(number), AGE_NANOS, 10).isPresent();
    }

    @Test
    void tooOld_isGone() {
        cache.put(key(1), kept(100), room(9), 0);
        assertThat(cache.find(key(1), AGE_NANOS, AGE_NANOS - 1)).isPresent();
        assertThat(cache.find(key(1), AGE_NANOS, AGE_NANOS)).isEmpty();
        assertThat(cache.bytes()).isZero();
    }

    @Test
    void full_dropsTheLeastRecentlyUsed() {
        for (int i = 1; i <= 3; i++) {
            cache.put(key(i), kept(100), room(3), 0);
        }
        assertThat(has(1)).isTrue();
        cache.put(key(4), kept(100), room(3), 0);
        assertThat(has(2)).isFalse();
        assertThat(has(1) && has(3) && has(4)).isTrue();
        assertThat(cache.bytes()).isEqualTo(room(3).maxBytes());
    }

    @Test
    void tooLarge_isNotKept_andDropsNothing() {
        cache.put(key(1), kept(100), room(1), 0);
        cache.put(key(2), kept(101), room(1), 0);
        assertThat(has(1)).isTrue();
        assertThat(has(2)).isFalse();
    }

    @Test
    void sameKeyAgain_isCountedOnce() {
        cache.put(key(1), kept(100), room(9), 0);
        cache.put(key(1), kept(200), room(9), 0);
        assertThat(cache.bytes()).isEqualTo(kept(200).bytes());
        cache.trim(0);
        assertThat(cache.bytes()).isZero();
        assertThat(cache.dropEldest()).isFalse();
    }
}
