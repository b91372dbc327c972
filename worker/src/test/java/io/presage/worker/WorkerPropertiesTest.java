package io.presage.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.worker.engine.DeviceSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.util.unit.DataSize;

class WorkerPropertiesTest {
    private static WorkerProperties bind(Map<String, String> keys) {
        return new Binder(new MapConfigurationPropertySource(keys)).bindOrCreate("worker", WorkerProperties.class);
    }

    @Test
    void defaults() {
        var properties = bind(Map.of());
        assertThat(properties.id()).isEmpty();
        assertThat(properties.registryUrl()).isEmpty();
        assertThat(properties.advertisedHost()).isEmpty();
        assertThat(properties.dataDirectory()).isEqualTo(Path.of("data/worker"));
        assertThat(properties.memoryMax()).isEqualTo(DataSize.ofBytes(0));
        assertThat(properties.drainGrace()).isEqualTo(Duration.ofSeconds(10));
        assertThat(properties.shutdownGrace()).isEqualTo(Duration.ofSeconds(5));
        assertThat(properties.http().host()).isEqualTo("0.0.0.0");
        assertThat(properties.http().port()).isEqualTo(8100);
        assertThat(properties.http().eventLoops()).isZero();
        assertThat(properties.http().bodyBytesMax()).isEqualTo(DataSize.ofMegabytes(64));
        assertThat(properties.http().inflightBytesMax()).isEqualTo(DataSize.ofMegabytes(256));
        assertThat(properties.http().inlineBodyBytesMax()).isEqualTo(DataSize.ofKilobytes(64));
        assertThat(properties.http().inlineRowsMax()).isEqualTo(64);
        assertThat(properties.http().headerBytesMax()).isEqualTo(DataSize.ofKilobytes(16));
        assertThat(properties.http().connectionsMax()).isEqualTo(8192);
        assertThat(properties.http().headTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(properties.http().bodyTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(properties.http().idleTimeout()).isEqualTo(Duration.ofSeconds(75));
        assertThat(properties.http().timeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(properties.http().prepareThreads()).isZero();
        assertThat(properties.http().prepareQueueMax()).isEqualTo(1024);
        assertThat(properties.http().compressBytesMin()).isEqualTo(DataSize.ofKilobytes(1));
        assertThat(properties.http().open()).isFalse();
        assertThat(properties.artifacts().bytesMax()).isEqualTo(DataSize.ofGigabytes(20));
        assertThat(properties.versions().loadingMax()).isEqualTo(1);
        assertThat(properties.versions().failedRetry()).isEqualTo(Duration.ofSeconds(60));
        assertThat(properties.versions().inlineMax()).isEqualTo(Duration.ofNanos(100_000));
        assertThat(properties.versions().residencyMin()).isEqualTo(Duration.ofSeconds(30));
        assertThat(properties.versions().reloadMax()).isEqualTo(Duration.ofSeconds(15));
        assertThat(properties.versions().waitingMax()).isEqualTo(1024);
        assertThat(properties.batching().queueBytesMax()).isEqualTo(DataSize.ofMegabytes(64));
        assertThat(properties.batching().callRowsMax()).isEqualTo(4096);
        assertThat(properties.bakedIn().models()).isEmpty();
        assertThat(properties.engines().directory()).isEmpty();
        assertThat(properties.engines().allowed()).isEmpty();
        assertThat(properties.batching().runThreads()).isZero();
        assertThat(properties.tuning().budget()).isEqualTo(Duration.ofSeconds(2));
        assertThat(properties.devices().use()).isEqualTo(DeviceSettings.Use.AUTO);
        assertThat(properties.devices().indexes()).isEmpty();
        assertThat(properties.engines().isolation()).isEmpty();
        assertThat(properties.engines().child().heapMax()).isEqualTo(DataSize.ofMegabytes(256));
        assertThat(properties.engines().child().frameMax()).isEqualTo(DataSize.ofMegabytes(256));
        assertThat(properties.engines().child().loadMax()).isEqualTo(Duration.ofMinutes(5));
        assertThat(properties.engines().child().runMax()).isEqualTo(Duration.ofSeconds(60));
        assertThat(properties.engines().child().deathsMax()).isEqualTo(3);
        assertThat(properties.engines().child().deathsWindow()).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void bindsEveryKey() {
        var keys = new LinkedHashMap<String, String>();
        keys.put("worker.id", "w1");
        keys.put("worker.registry-url", "http://registry:8090");
        keys.put("worker.advertised-host", "w1.local");
        keys.put("worker.data-directory", "/tmp/w");
        keys.put("worker.memory-max", "2GB");
        keys.put("worker.drain-grace", "1s");
        keys.put("worker.shutdown-grace", "2s");
        keys.put("worker.http.host", "127.0.0.1");
        keys.put("worker.http.port", "1");
        keys.put("worker.http.event-loops", "2");
        keys.put("worker.http.body-bytes-max", "3MB");
        keys.put("worker.http.inflight-bytes-max", "4MB");
        keys.put("worker.http.inline-body-bytes-max", "5KB");
        keys.put("worker.http.inline-rows-max", "6");
        keys.put("worker.http.header-bytes-max", "7KB");
        keys.put("worker.http.connections-max", "8");
        keys.put("worker.http.head-timeout", "9s");
        keys.put("worker.http.body-timeout", "10s");
        keys.put("worker.http.idle-timeout", "11s");
        keys.put("worker.http.timeout", "12s");
        keys.put("worker.http.prepare-threads", "13");
        keys.put("worker.http.prepare-queue-max", "14");
        keys.put("worker.http.compress-bytes-min", "2KB");
        keys.put("worker.http.open", "true");
        keys.put("worker.artifacts.bytes-max", "15MB");
        keys.put("worker.versions.loading-max", "16");
        keys.put("worker.versions.failed-retry", "17s");
        keys.put("worker.versions.inline-max", "18us");
        keys.put("worker.versions.residency-min", "21s");
        keys.put("worker.versions.reload-max", "22s");
        keys.put("worker.versions.waiting-max", "23");
        keys.put("worker.batching.queue-bytes-max", "19MB");
        keys.put("worker.batching.call-rows-max", "20");
        keys.put("worker.baked-in.models.digits", "/models/digits.zip");
        keys.put("worker.engines.directory", "/tmp/e");
        keys.put("worker.engines.allowed", "torchscript");
        keys.put("worker.batching.run-threads", "21");
        keys.put("worker.tuning.budget", "21s");
        keys.put("worker.devices.use", "cuda");
        keys.put("worker.devices.indexes", "0,2");
        keys.put("worker.engines.isolation.xgboost", "process");
        keys.put("worker.engines.child.heap-max", "33MB");
        keys.put("worker.engines.child.frame-max", "34MB");
        keys.put("worker.engines.child.load-max", "35s");
        keys.put("worker.engines.child.run-max", "36s");
        keys.put("worker.engines.child.deaths-max", "37");
        keys.put("worker.engines.child.deaths-window", "38s");
        assertThat(bind(keys))
                .hasToString("WorkerProperties[id=w1, registryUrl=http://registry:8090, advertisedHost=w1.local, "
                        + "dataDirectory=/tmp/w, memoryMax=2147483648B, drainGrace=PT1S, shutdownGrace=PT2S, "
                        + "http=HttpSettings[host=127.0.0.1, port=1, eventLoops=2, bodyBytesMax=3145728B, "
                        + "inflightBytesMax=4194304B, inlineBodyBytesMax=5120B, inlineRowsMax=6, headerBytesMax=7168B, "
                        + "connectionsMax=8, headTimeout=PT9S, bodyTimeout=PT10S, idleTimeout=PT11S, timeout=PT12S, "
                        + "prepareThreads=13, prepareQueueMax=14, compressBytesMin=2048B, open=true], artifacts=ArtifactSettings[bytesMax=15728640B], "
                        + "versions=VersionSettings[loadingMax=16, loadingShare=0.01, failedRetry=PT17S, inlineMax=PT0.000018S, "
                        + "residencyMin=PT21S, reloadMax=PT22S, waitingMax=23], "
                        + "batching=BatchSettings[queueBytesMax=19922944B, callRowsMax=20, runThreads=21], "
                        + "bakedIn=BakedInSettings[models={digits=/models/digits.zip}], "
                        + "engines=EngineSettings[directory=/tmp/e, allowed=[torchscript], isolation={xgboost=PROCESS}, "
                        + "child=ChildSettings[heapMax=34603008B, frameMax=35651584B, loadMax=PT35S, runMax=PT36S, "
                        + "deathsMax=37, deathsWindow=PT38S]], tuning=TuningSettings[budget=PT21S], "
                        + "devices=DeviceSettings[use=CUDA, indexes=[0, 2]]]");
    }

    @Test
    void valuesOutOfRange_areNamed() {
        assertThatThrownBy(() -> bind(Map.of("worker.http.port", "70000")))
                .hasRootCauseMessage("worker.http.port: 70000 (expected: 0..65535)");
        assertThatThrownBy(() -> bind(Map.of("worker.versions.loading-max", "0")))
                .hasRootCauseMessage("worker.versions.loading-max: 0 (expected: 1..64)");
        assertThatThrownBy(() -> bind(Map.of("worker.devices.indexes", "0,-1")))
                .hasRootCauseMessage("worker.devices.indexes: [0, -1] (expected: 0 or more, each)");
        assertThatThrownBy(() -> bind(Map.of("worker.tuning.budget", "61s")))
                .hasRootCauseMessage("worker.tuning.budget: PT1M1S (expected: 0s..60s)");
        assertThatThrownBy(() ->
                        bind(Map.of("worker.registry-url", "registry:8090")).registry())
                .hasMessageContaining("expected: http://host:port");
    }
}
