package io.presage.api.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class CacheKeysTest {
    private final CacheKeys keys = new CacheKeys();

    private CacheKey key(String digest, String path, String tenant, MultiMap headers, String... pieces) {
        return keys.of(
                digest,
                path,
                tenant,
                headers,
                List.of(pieces).stream().map(Buffer::buffer).toList());
    }

    private static MultiMap headers(String... pairs) {
        var headers = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < pairs.length; i += 2) {
            headers.add(pairs[i], pairs[i + 1]);
        }
        return headers;
    }

    @Test
    void sameRequest_sameKey_howeverItCame() {
        var key = key("d", "/p", "t", headers("Content-Type", "application/json"), "{\"a\":1}");
        assertThat(key(
                        "d",
                        "/p",
                        "t",
                        headers("content-type", "application/json", "traceparent", "x"),
                        "{\"a\"",
                        ":1}"))
                .isEqualTo(key);
    }

    @Test
    void everythingThatShapesTheAnswer_countsOnce() {
        assertThat(List.of(
                        key("d", "/p", "t", headers(), "b"),
                        key("e", "/p", "t", headers(), "b"),
                        key("d", "/q", "t", headers(), "b"),
                        key("d", "/p", "u", headers(), "b"),
                        key("d", "/p", "t", headers(), "c"),
                        key("d", "/p", "t", headers("Content-Type", ""), "b"),
                        key("d", "/p", "t", headers("Content-Encoding", "gzip"), "b"),
                        key("d", "/p", "t", headers("Accept", "gzip"), "b"),
                        key("d", "/p", "t", headers("Accept-Encoding", "gzip"), "b"),
                        key("d", "/p", "t", headers("Inference-Header-Content-Length", "1"), "b"),
                        key("d/", "p", "t", headers(), "b"),
                        key("d", "/pt", "", headers(), "b")))
                .doesNotHaveDuplicates();
    }
}
