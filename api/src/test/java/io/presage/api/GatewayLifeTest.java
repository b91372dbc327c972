package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.state.RoutingTable;
import io.presage.hosting.StartFailure;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayLifeTest {
    @TempDir
    Path data;

    @Test
    void restartWithTheRegistryGone_servesFromDisk_andFollowsItsReturn() throws Exception {
        try (var worker = new FakeWorker("w1")) {
            int port;
            try (var registry = new FakeRegistry()) {
                port = registry.port();
                registry.publish(Gateway.table(5, "fraud", 3, worker));
                try (var gateway = new Gateway(port, data)) {
                    gateway.awaitRevision(5);
                    var file = data.resolve("routing-table.json");
                    Gateway.await("the snapshot", () -> Files.exists(file));
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo("rw-------");
                    assertThat(Files.readString(file)).doesNotContain(Gateway.KEY);
                }
            }
            try (var gateway = new Gateway(port, data)) {
                assertThat(gateway.get("/v2/health/ready").statusCode()).isEqualTo(200);
                assertThat(gateway.infer("fraud").statusCode()).isEqualTo(200);
                // A registry restored from a backup counts from a lower revision.
                try (var restored = new FakeRegistry(port)) {
                    restored.publish(Gateway.table(2, "fraud", 4, worker));
                    gateway.awaitRevision(2);
                    assertThat(gateway.infer("fraud").headers().firstValue("Presage-Model-Version"))
                            .contains("4");
                }
                assertThat(gateway.infer("fraud").statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void unreadableSnapshot_isPassedOver() throws Exception {
        Files.writeString(data.resolve("routing-table.json"), "{\"revision\": 1, \"models\": [");
        try (var registry = new FakeRegistry();
                var gateway = new Gateway(registry.port(), data)) {
            assertThat(gateway.get("/v2/health/ready").statusCode()).isEqualTo(503);
            registry.publish(new RoutingTable(1, java.util.List.of(), java.util.List.of(), java.util.List.of()));
            gateway.awaitRevision(1);
            assertThat(gateway.get("/v2/health/ready").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void stop_letsTheCallInFlightFinish_andTakesNoNewOnes() throws Exception {
        try (var registry = new FakeRegistry();
                var worker = new FakeWorker("w1")) {
            registry.publish(Gateway.table(1, "fraud", 1, worker));
            var arrived = new CountDownLatch(1);
            var release = new CountDownLatch(1);
            worker.does(exchange -> {
                arrived.countDown();
                release.await();
                FakeWorker.answer(exchange, 200, "{\"from\":\"w1\"}");
            });
            var gateway = new Gateway(registry.port(), data).awaitRevision(1);
            int port = gateway.port();
            try (var client = new RawClient(port)) {
                client.send("POST /v2/models/fraud/infer HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + Gateway.KEY
                        + "\r\nContent-Length: 2\r\n\r\n{}");
                assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
                var stopping = CompletableFuture.runAsync(gateway::close);
                Gateway.await("the port to close", () -> refuses(port));
                release.countDown();
                assertThat(client.readToEnd()).startsWith("HTTP/1.1 200 ").contains("w1");
                stopping.get(20, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void stop_answersWhatIsOnItsWay_onConnectionsThatWereIdle() throws Exception {
        try (var registry = new FakeRegistry();
                var worker = new FakeWorker("w1")) {
            registry.publish(Gateway.table(1, "fraud", 1, worker));
            var gateway = new Gateway(registry.port(), data, "gateway.http.stop-linger=15s").awaitRevision(1);
            int port = gateway.port();
            try (var client = new RawClient(port)) {
                var call = "POST /v2/models/fraud/infer HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + Gateway.KEY
                        + "\r\nContent-Length: 2\r\n\r\n{}";
                assertThat(client.send(call).readUntil("w1\"}")).startsWith("HTTP/1.1 200 ");
                var stopping = CompletableFuture.runAsync(gateway::close);
                Gateway.await("the port to close", () -> refuses(port));
                String answer;
                do {
                    answer = client.send(call).readUntil("w1\"}");
                    assertThat(answer).startsWith("HTTP/1.1 200 ");
                } while (!answer.contains("connection: close"));
                client.close();
                // As soon as the last client has gone, not after the linger.
                stopping.get(12, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void stop_closesWhatStaysIdle_whenTheLingerIsOver() throws Exception {
        try (var registry = new FakeRegistry()) {
            registry.publish(Gateway.table(1, "fraud", 1));
            var gateway = new Gateway(registry.port(), data, "gateway.http.stop-linger=100ms").awaitRevision(1);
            try (var client = new RawClient(gateway.port())) {
                client.send("GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n").readUntil("true}");
                gateway.close();
                assertThat(client.readToEnd()).isEmpty();
            }
        }
    }

    private static boolean refuses(int port) {
        try (var _ = new java.net.Socket(InetAddress.getLoopbackAddress(), port)) {
            return false;
        } catch (java.io.IOException _) {
            return true;
        }
    }

    @Test
    void portTaken_isSaidInOneLine() throws Exception {
        try (var taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> new Gateway(1, data, "gateway.http.port=" + taken.getLocalPort()))
                    .satisfies(failure -> assertThat(StartFailure.describe(failure))
                            .startsWith("cannot listen on gateway.http 127.0.0.1:" + taken.getLocalPort())
                            .doesNotContain("\n"));
        }
    }

    @Test
    void badConfiguration_isNamed() {
        assertThat(failure("gateway.http.prot=1")).isEqualTo("unknown configuration key gateway.http.prot");
        assertThat(failure("gateway.nonsense=1")).isEqualTo("unknown configuration key gateway.nonsense");
        assertThat(failure("presage.secret=1")).isEqualTo("unknown configuration key presage.secret");
        assertThat(failure("gateway.http.port=70000")).startsWith("gateway.http.port: 70000 (");
        assertThat(failure("gateway.http.port=many")).contains("gateway.http.port", "many");
        assertThat(failure("gateway.http.header-timeout=1ms"))
                .isEqualTo("gateway.http.header-timeout: PT0.001S (expected: at least 100ms)");
        assertThat(failure("presage.service-secret=short"))
                .isEqualTo("presage.service-secret: 5 characters (expected: at least 32)");
        assertThat(failure("presage.service-secret-file=x")).contains("set both");
        assertThat(failure("gateway.registry-url=ftp://x")).contains("gateway.registry-url: ftp://x");
        assertThat(failure("gateway.data-directory=/proc/nowhere")).startsWith("gateway.data-directory: /proc/nowhere");
    }

    private String failure(String setting) {
        try (var _ = new Gateway(1, data, setting)) {
            return "started";
        } catch (RuntimeException e) {
            return StartFailure.describe(e);
        }
    }
}
