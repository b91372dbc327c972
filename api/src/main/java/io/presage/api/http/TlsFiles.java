package io.presage.api.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// What the two files of `gateway.http.tls` had at one moment.
///
/// @param certificates PEM
/// @param key PEM; in no text
record TlsFiles(byte[] certificates, byte[] key) {
    private static final int BYTES_MAX = 1 << 20;

    /// @throws IOException that names the file
    static TlsFiles read(TlsProperties properties) throws IOException {
        return new TlsFiles(bytes(properties.certificateFile()), bytes(properties.privateKeyFile()));
    }

    private static byte[] bytes(String file) throws IOException {
        try (var in = Files.newInputStream(Path.of(file))) {
            byte[] bytes = in.readNBytes(BYTES_MAX + 1);
            if (bytes.length > BYTES_MAX) {
                throw new IOException(file + " is larger than " + BYTES_MAX + " bytes");
            }
            return bytes;
        }
    }

    boolean hasSameAs(TlsFiles other) {
        return Arrays.equals(certificates, other.certificates) && Arrays.equals(key, other.key);
    }

    @Override
    public String toString() {
        return "TlsFiles[" + certificates.length + " bytes of certificates]";
    }
}
