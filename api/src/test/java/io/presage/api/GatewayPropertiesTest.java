package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.BindResult;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class GatewayPropertiesTest {
    private static final Map<String, String> OTHERS = new LinkedHashMap<>();

    static {
        OTHERS.put("gateway.id", "g-1");
        OTHERS.put("gateway.registry-url", "https://registry:1");
        OTHERS.put("gateway.data-directory", "/elsewhere");
        OTHERS.put("gateway.http.host", "127.0.0.1");
        OTHERS.put("gateway.http.port", "1");
        OTHERS.put("gateway.http.event-loops", "3");
        OTHERS.put("gateway.http.body-bytes-max", "1KB");
        OTHERS.put("gateway.http.body-bytes-in-flight-max", "2KB");
        OTHERS.put("gateway.http.request-line-bytes-max", "1KB");
        OTHERS.put("gateway.http.header-bytes-max", "2KB");
        OTHERS.put("gateway.http.streams-max", "257");
        OTHERS.put("gateway.http.header-timeout", "1s");
        OTHERS.put("gateway.http.body-timeout", "2s");
        OTHERS.put("gateway.http.idle-timeout", "3s");
        OTHERS.put("gateway.http.stop-timeout", "4s");
        OTHERS.put("gateway.http.stop-linger", "2s");
        OTHERS.put("gateway.http.tls.certificate-file", "/tls/tls.crt");
        OTHERS.put("gateway.http.tls.private-key-file", "/tls/tls.key");
        OTHERS.put("gateway.http.tls.reload-interval", "34s");
        OTHERS.put("gateway.grpc.stream-idle-timeout", "33s");
        OTHERS.put("gateway.deadline.default", "5s");
        OTHERS.put("gateway.limits.permits", "6");
        OTHERS.put("gateway.limits.period", "7s");
        OTHERS.put("gateway.limits.limiters-max", "8");
        OTHERS.put("gateway.limits.gateways", "3");
        OTHERS.put("gateway.limits.headers", "true");
        OTHERS.put("gateway.limits.slices.interval", "2s");
        OTHERS.put("gateway.limits.slices.timeout", "3s");
        OTHERS.put("gateway.replicas.in-flight-max", "9");
        OTHERS.put("gateway.replicas.circuit-window", "10");
        OTHERS.put("gateway.replicas.circuit-calls-min", "9");
        OTHERS.put("gateway.replicas.circuit-failure-percent", "12");
        OTHERS.put("gateway.replicas.circuit-open", "13s");
        OTHERS.put("gateway.replicas.timeout-counts-from", "14s");
        OTHERS.put("gateway.replicas.concurrency.min", "3");
        OTHERS.put("gateway.replicas.concurrency.initial", "5");
        OTHERS.put("gateway.replicas.concurrency.max", "7");
        OTHERS.put("gateway.replicas.concurrency.tolerance-percent", "111");
        OTHERS.put("gateway.replicas.concurrency.queueing", "33ms");
        OTHERS.put("gateway.replicas.concurrency.probe", "34s");
        OTHERS.put("gateway.replicas.concurrency.high-percent", "35");
        OTHERS.put("gateway.replicas.concurrency.normal-percent", "36");
        OTHERS.put("gateway.replicas.concurrency.low-percent", "29");
        OTHERS.put("gateway.replicas.ejection.consecutive-failures", "37");
        OTHERS.put("gateway.replicas.ejection.interval", "38s");
        OTHERS.put("gateway.replicas.ejection.calls-min", "39");
        OTHERS.put("gateway.replicas.ejection.failure-percent", "40");
        OTHERS.put("gateway.replicas.ejection.slowness", "41");
        OTHERS.put("gateway.replicas.ejection.slower-by", "42ms");
        OTHERS.put("gateway.replicas.ejection.time", "43s");
        OTHERS.put("gateway.replicas.ejection.time-max", "44m");
        OTHERS.put("gateway.hedging.enabled", "true");
        OTHERS.put("gateway.hedging.percentile", "90");
        OTHERS.put("gateway.hedging.delay-min", "45ms");
        OTHERS.put("gateway.waiting.calls-max", "46");
        OTHERS.put("gateway.forward.answer-max", "65MB");
        OTHERS.put("gateway.forward.connections-max", "15");
        OTHERS.put("gateway.forward.waiting-max", "16");
        OTHERS.put("gateway.forward.connect-timeout", "17s");
        OTHERS.put("gateway.forward.idle-connection-ttl", "18s");
        OTHERS.put("gateway.forward.whole-answer-max", "19B");
        OTHERS.put("gateway.forward.retry-percent", "21");
        OTHERS.put("gateway.forward.retry-floor-per-second", "22");
        OTHERS.put("gateway.forward.retry-saved-max", "23");
        OTHERS.put("gateway.registry.connections-max", "24");
        OTHERS.put("gateway.registry.waiting-max", "25");
        OTHERS.put("gateway.registry.connect-timeout", "26s");
        OTHERS.put("gateway.registry.silence-timeout", "27s");
        OTHERS.put("gateway.registry.idle-connection-ttl", "28s");
        OTHERS.put("gateway.feed.poll-timeout", "29s");
        OTHERS.put("gateway.feed.backoff-min", "30ms");
        OTHERS.put("gateway.feed.backoff-max", "31s");
        OTHERS.put("gateway.feed.table-bytes-max", "32KB");
        OTHERS.put("gateway.feed.snapshot-interval", "33s");
        OTHERS.put("gateway.shadow.report-every", "33s");
        OTHERS.put("gateway.cache.bytes-max", "34MB");
    }

    private static GatewayProperties bind(Map<String, String> values) {
        BindResult<GatewayProperties> result =
                new Binder(new MapConfigurationPropertySource(values)).bind("gateway", GatewayProperties.class);
        return result.orElseThrow(IllegalStateException::new);
    }

    @Test
    void defaults() {
        var defaults = bind(Map.of("gateway.id", "gateway"));
        assertThat(leaves(defaults))
                .containsExactlyInAnyOrder(
                        "gateway",
                        "http://127.0.0.1:8090",
                        "data/gateway",
                        "0.0.0.0",
                        "8080",
                        "0",
                        "67108864B",
                        "0B",
                        "8192B",
                        "16384B",
                        "256",
                        "PT10S",
                        "PT30S",
                        "PT1M15S",
                        "PT20S",
                        "PT1S",
                        "",
                        "",
                        "PT10S",
                        "PT10M",
                        "PT30S",
                        "10000",
                        "PT1S",
                        "100000",
                        "1",
                        "false",
                        "PT1S",
                        "PT1S",
                        "1024",
                        "20",
                        "5",
                        "50",
                        "PT1S",
                        "PT1S",
                        "8",
                        "512",
                        "4096",
                        "200",
                        "PT0.05S",
                        "PT10S",
                        "20",
                        "10",
                        "5",
                        "5",
                        "PT1S",
                        "20",
                        "30",
                        "3",
                        "PT0.02S",
                        "PT2S",
                        "PT1M",
                        "false",
                        "95",
                        "PT0.005S",
                        "1024",
                        "67108864B",
                        "256",
                        "1024",
                        "PT1S",
                        "PT30S",
                        "262144B",
                        "20",
                        "10",
                        "100",
                        "64",
                        "256",
                        "PT2S",
                        "PT1M",
                        "PT10S",
                        "PT40S",
                        "PT0.1S",
                        "PT5S",
                        "268435456B",
                        "PT10S",
                        "PT10S",
                        "0B");
    }

    @Test
    void bindsEveryKey() {
        var defaults = leaves(bind(Map.of("gateway.id", "gateway")));
        var others = leaves(bind(OTHERS));
        assertThat(others).hasSameSizeAs(OTHERS.entrySet()).hasSameSizeAs(defaults);
        for (int i = 0; i < others.size(); i++) {
            assertThat(others.get(i)).as("the value of component %s", i).isNotEqualTo(defaults.get(i));
        }
    }

    private static List<String> leaves(Record properties) {
        List<String> leaves = new ArrayList<>();
        for (RecordComponent component : properties.getClass().getRecordComponents()) {
            try {
                var accessor = component.getAccessor();
                accessor.setAccessible(true);
                Object value = accessor.invoke(properties);
                if (value instanceof Record nested) {
                    leaves.addAll(leaves(nested));
                } else {
                    leaves.add(String.valueOf(value));
                }
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
        return leaves;
    }
}
