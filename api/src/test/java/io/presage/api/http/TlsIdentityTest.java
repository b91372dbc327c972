package io.presage.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.api.TlsPair;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsIdentityTest {
    private TlsPair pair;
    private TlsPair other;

    @BeforeAll
    void make(@TempDir Path directory) throws Exception {
        pair = TlsPair.made(directory, "EC");
        other = TlsPair.made(directory, "EC");
    }

    private static TlsIdentity identity(String certificates, String key) throws GeneralSecurityException {
        return TlsIdentity.of(new TlsFiles(
                certificates.getBytes(StandardCharsets.US_ASCII), key.getBytes(StandardCharsets.US_ASCII)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"EC", "RSA"})
    void pairOfEachKind_isUsed_untilItsCertificateEnds(String algorithm, @TempDir Path directory) throws Exception {
        var made = TlsPair.made(directory, algorithm);
        assertThat(identity(made.certificate(), made.key()).expires())
                .isEqualTo(made.x509().getNotAfter().toInstant());
    }

    @Test
    void chain_endsWithItsFirstCertificateToEnd() throws Exception {
        var expires =
                identity(pair.certificate() + other.certificate(), pair.key()).expires();
        assertThat(expires)
                .isBeforeOrEqualTo(pair.x509().getNotAfter().toInstant())
                .isBeforeOrEqualTo(other.x509().getNotAfter().toInstant());
    }

    @Test
    void whatDoesNotBelongTogether_isRefused() {
        assertThatThrownBy(() -> identity(pair.certificate(), other.key()))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining("not that of the first certificate");
        assertThatThrownBy(() -> identity(other.certificate() + pair.certificate(), pair.key()))
                .isInstanceOf(GeneralSecurityException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "text",
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
            })
    void whatIsNoKey_isRefused_andNotTold(String key) {
        assertThatThrownBy(() -> identity(pair.certificate(), key))
                .isInstanceOf(GeneralSecurityException.class)
                .message()
                .doesNotContain("AAAA", "MC4CAQ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "text", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"})
    void whatIsNoCertificate_isRefused(String certificate) {
        assertThatThrownBy(() -> identity(certificate, pair.key())).isInstanceOf(GeneralSecurityException.class);
    }

    @Test
    void text_hasNothingOfTheKey() throws Exception {
        var identity = identity(pair.certificate(), pair.key());
        assertThat(identity.toString()).isEqualTo("TlsIdentity[expires=" + identity.expires() + "]");
        assertThat(new TlsFiles(new byte[3], pair.key().getBytes(StandardCharsets.US_ASCII)))
                .hasToString("TlsFiles[3 bytes of certificates]");
    }
}
