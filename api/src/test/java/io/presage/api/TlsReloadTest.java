package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Certificates that change while the port is open.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsReloadTest {
    private FakeRegistry registry;
    private TlsPair first;
    private TlsPair second;
    private SSLContext trustingFirst;
    private SSLContext trustingSecond;
    private Path certificate;
    private Path key;
    private Gateway gateway;

    @BeforeAll
    void pairs(@TempDir Path directory) throws Exception {
        first = TlsPair.made(directory, "EC");
        second = TlsPair.made(directory, "RSA");
        trustingFirst = first.trusting();
        trustingSecond = second.trusting();
        registry = new FakeRegistry();
        registry.publish(Gateway.table(1, "fraud", 1));
    }

    @AfterAll
    void stopRegistry() {
        registry.close();
    }

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        certificate = directory.resolve("tls.crt");
        key = directory.resolve("tls.key");
        write(first.certificate(), first.key());
        gateway = new Gateway(
                registry.port(),
                directory,
                "gateway.http.event-loops=2",
                "gateway.http.tls.certificate-file=" + certificate,
                "gateway.http.tls.private-key-file=" + key,
                "gateway.http.tls.reload-interval=20ms");
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    private void write(String certificates, String privateKey) throws IOException {
        replace(certificate, certificates);
        replace(key, privateKey);
    }

    private static void replace(Path file, String text) throws IOException {
        var next = Files.writeString(file.resolveSibling(file.getFileName() + ".next"), text);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private SSLSocket connect(SSLContext trusting, String... protocols) throws IOException {
        var socket = (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", gateway.port());
        var parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private static String live(SSLSocket socket) throws IOException {
        socket.setSoTimeout(10_000);
        socket.getOutputStream()
                .write("GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        var answer = new StringBuilder();
        while (answer.indexOf("{\"live\":true}") < 0) {
            int next = socket.getInputStream().read();
            assertThat(next).as("after %s", answer).isNotNegative();
            answer.append((char) next);
        }
        return answer.toString();
    }

    private double reloads(String result) {
        return gateway.metric("presage_gateway_tls_reloads_total", "result", result);
    }

    private static double expires(TlsPair pair) {
        return pair.x509().getNotAfter().toInstant().getEpochSecond();
    }

    @Test
    void newPair_isForNewConnections_andOpenOnesGoOn() throws Exception {
        assertThat(gateway.metric("presage_gateway_tls_expires_seconds")).isEqualTo(expires(first));
        try (var old = connect(trustingFirst, "http/1.1")) {
            assertThat(live(old)).startsWith("HTTP/1.1 200 ");

            write(second.certificate(), second.key());
            Gateway.await("the new pair", () -> reloads("ok") == 1);

            // More connections than there are event loops.
            for (int i = 0; i < 6; i++) {
                try (var fresh = connect(trustingSecond, "h2", "http/1.1")) {
                    assertThat(fresh.getApplicationProtocol()).isEqualTo("h2");
                }
            }
            assertThatThrownBy(() -> connect(trustingFirst, "http/1.1")).isInstanceOf(SSLHandshakeException.class);
            assertThat(live(old)).startsWith("HTTP/1.1 200 ");
            assertThat(gateway.metric("presage_gateway_tls_expires_seconds")).isEqualTo(expires(second));
        }
    }

    @Test
    void brokenPair_isNotUsed_andAGoodOneAfterItIs() throws Exception {
        replace(key, second.key());
        Gateway.await("the refusal of a key of another certificate", () -> reloads("failed") == 1);
        try (var same = connect(trustingFirst, "http/1.1")) {
            assertThat(live(same)).startsWith("HTTP/1.1 200 ");
        }
        replace(key, "no key");
        Gateway.await("the refusal of no key", () -> reloads("failed") == 2);
        Files.delete(certificate);
        Gateway.await("the refusal of no file", () -> reloads("failed") == 3);
        connect(trustingFirst, "http/1.1").close();
        assertThat(reloads("ok")).isZero();

        write(second.certificate(), second.key());
        Gateway.await("the new pair", () -> reloads("ok") == 1);
        try (var fresh = connect(trustingSecond, "http/1.1")) {
            assertThat((X509Certificate) fresh.getSession().getPeerCertificates()[0])
                    .isEqualTo(second.x509());
        }
    }

    @Test
    void brokenPairAtTheStart_stopsIt(@TempDir Path directory) {
        assertThatThrownBy(() -> new Gateway(
                                registry.port(),
                                directory,
                                "gateway.http.tls.certificate-file=" + certificate,
                                "gateway.http.tls.private-key-file=" + directory.resolve("none"))
                        .close())
                .hasStackTraceContaining("gateway.http.tls: NoSuchFileException: " + directory.resolve("none"));
    }
}
