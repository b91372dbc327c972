package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.presage.api.grpc.wire.ServerLiveRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The public port with a certificate: ALPN decides between HTTP/2 and HTTP/1.1.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsTest {
    private FakeRegistry registry;
    private Gateway gateway;
    private SSLContext trusting;
    private Path certificate;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        var pair = TlsPair.made(directory, "EC");
        certificate = Files.writeString(directory.resolve("tls.crt"), pair.certificate());
        var key = Files.writeString(directory.resolve("tls.key"), pair.key());
        trusting = pair.trusting();
        registry = new FakeRegistry();
        registry.publish(Gateway.table(1, "fraud", 1));
        gateway = new Gateway(
                        registry.port(),
                        directory,
                        "gateway.http.tls.certificate-file=" + certificate,
                        "gateway.http.tls.private-key-file=" + key,
                        "gateway.http.header-timeout=500ms")
                .awaitRevision(1);
    }

    @AfterAll
    void stop() {
        gateway.close();
        registry.close();
    }

    private String negotiated(SSLSocket socket, String... protocols) throws IOException {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket.getApplicationProtocol();
    }

    private SSLSocket socket() throws IOException {
        return (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", gateway.port());
    }

    @Test
    void alpn_prefersHttp2_andFallsBackToHttp1() throws Exception {
        try (var both = socket();
                var old = socket();
                var none = socket()) {
            assertThat(negotiated(both, "h2", "http/1.1")).isEqualTo("h2");
            assertThat(negotiated(old, "http/1.1")).isEqualTo("http/1.1");
            assertThat(negotiated(none)).isEmpty();
            for (var socket : List.of(old, none)) {
                socket.getOutputStream()
                        .write("GET /v2/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                                .getBytes("US-ASCII"));
                assertThat(new String(socket.getInputStream().readAllBytes(), "US-ASCII"))
                        .startsWith("HTTP/1.1 200 ");
            }
        }
    }

    @Test
    void grpcClient_speaksOverTls() throws Exception {
        var context =
                GrpcSslContexts.forClient().trustManager(certificate.toFile()).build();
        try (var client = new GrpcClient(gateway.port(), builder -> builder.sslContext(context))) {
            assertThat(client.call(
                                    client.withoutKey(),
                                    CallOptions.DEFAULT,
                                    GrpcClient.LIVE,
                                    ServerLiveRequest.getDefaultInstance())
                            .getLive())
                    .isTrue();
        }
    }

    @Test
    void clearText_andSilenceAfterTheHandshake_getNothing() throws Exception {
        try (var clear = new RawClient(gateway.port());
                var silent = socket()) {
            assertThat(clear.send("GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n")
                            .readToEnd())
                    .doesNotContain("HTTP/1.1");
            negotiated(silent, "h2");
            silent.setSoTimeout(10_000);
            try {
                while (silent.getInputStream().read() >= 0) {
                    // The server's own settings, then its goodbye.
                    continue;
                }
            } catch (SSLException cutOff) {
                assertThat(cutOff).isNotNull();
            }
        }
    }
}
