package io.presage.api.http;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.http.tls`: with both files given the public port speaks TLS 1.2 and 1.3 only, HTTP/2 or HTTP/1.1 as
/// ALPN agrees; without, it speaks both in clear.
///
/// @param certificateFile PEM, the server's certificate first, then the chain; empty means no TLS
/// @param privateKeyFile PEM, without a password; empty means no TLS
/// @param reloadInterval how often both are looked at; a changed pair is used for further connections. 0 means
///     never, else at least 10ms
public record TlsProperties(
        @DefaultValue("") String certificateFile,
        @DefaultValue("") String privateKeyFile,
        @DefaultValue("10s") Duration reloadInterval) {
    public TlsProperties {
        if (certificateFile.isBlank() != privateKeyFile.isBlank()) {
            throw new IllegalArgumentException("gateway.http.tls: only "
                    + (certificateFile.isBlank() ? "private-key-file" : "certificate-file")
                    + " is given (expected: both files, or neither)");
        }
        if (!reloadInterval.isZero() && reloadInterval.toMillis() < 10) {
            throw new IllegalArgumentException(
                    "gateway.http.tls.reload-interval: " + reloadInterval + " (expected: 0, or at least 10ms)");
        }
    }

    public boolean isOn() {
        return !certificateFile.isBlank();
    }
}
