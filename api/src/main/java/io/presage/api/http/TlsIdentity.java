package io.presage.api.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.impl.KeyStoreHelper;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Who the gateway says it is to TLS clients: a chain of certificates, and the key of the first. Immutable.
///
/// @param options for Vert.x, with the key
/// @param expires when the first of the chain does
record TlsIdentity(PemKeyCertOptions options, Instant expires) {
    private static final byte[] PROBE = {1, 2, 3, 4};

    /// @throws GeneralSecurityException when they cannot be read, or do not belong together: every handshake would
    ///     fail. Its message has nothing of the key
    static TlsIdentity of(TlsFiles files) throws GeneralSecurityException {
        var certificates = Buffer.buffer(files.certificates());
        var key = Buffer.buffer(files.key());
        var store = store(certificates, key);
        String alias = store.aliases().nextElement();
        var chain = Stream.of(store.getCertificateChain(alias))
                .map(X509Certificate.class::cast)
                .toList();
        if (!(store.getKey(alias, KeyStoreHelper.DUMMY_PASSWORD.toCharArray()) instanceof PrivateKey signing)
                || !belong(signing, chain.getFirst().getPublicKey())) {
            throw new GeneralSecurityException("the private key is not that of the first certificate");
        }
        var expires = chain.stream()
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Comparator.naturalOrder())
                .orElseThrow();
        return new TlsIdentity(
                new PemKeyCertOptions().setCertValue(certificates).setKeyValue(key), expires);
    }

    private static KeyStore store(Buffer certificates, Buffer key) throws GeneralSecurityException {
        try {
            return KeyStoreHelper.loadKeyCert(List.of(key), List.of(certificates));
        } catch (GeneralSecurityException e) {
            throw e;
        } catch (Exception e) {
            // Vert.x names no type of its own; its messages tell what is missing, never what is there.
            throw new GeneralSecurityException("no certificates or no key in PEM: " + e.getMessage(), e);
        }
    }

    private static boolean belong(PrivateKey key, PublicKey certified) throws GeneralSecurityException {
        if (!key.getAlgorithm().equals(certified.getAlgorithm())) {
            return false;
        }
        var signature = Signature.getInstance(
                switch (key.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> key.getAlgorithm();
                });
        signature.initSign(key);
        signature.update(PROBE);
        byte[] signed = signature.sign();
        signature.initVerify(certified);
        signature.update(PROBE);
        return signature.verify(signed);
    }

    @Override
    public String toString() {
        return "TlsIdentity[expires=" + expires + "]";
    }
}
