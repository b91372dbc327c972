package io.presage.registry.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// The text of an API key, `presage_<id>_<secret>`: 12 characters of id, 43 of secret (256 random bits,
/// base64url). Its `toString` shows the id alone.
final class KeyText {
    private static final Pattern FORM = Pattern.compile("presage_([a-z0-9]{12})_[A-Za-z0-9_-]{43}");
    private static final String ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static final int ID_CHARS = 12;
    private static final int SECRET_BYTES = 32;

    private final String text;
    private final String id;

    private KeyText(String text, String id) {
        this.text = text;
        this.id = id;
    }

    static KeyText generate(RandomGenerator random) {
        var id = new StringBuilder();
        for (int i = 0; i < ID_CHARS; i++) {
            id.append(ID_ALPHABET.charAt(random.nextInt(ID_ALPHABET.length())));
        }
        var secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        var text =
                "presage_" + id + "_" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        return new KeyText(text, id.toString());
    }

    /// Empty when `text` has not the form of a key.
    static Optional<KeyText> parse(String text) {
        var match = FORM.matcher(text);
        return match.matches() ? Optional.of(new KeyText(text, match.group(1))) : Optional.empty();
    }

    String id() {
        return id;
    }

    /// The whole key: for the answer to its creation and for its file, nothing else.
    String reveal() {
        return text;
    }

    /// Lower-case hex of the whole text's SHA-256.
    String sha256() {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256. This is a bug.", e);
        }
    }

    @Override
    public String toString() {
        return "presage_" + id + "_...";
    }
}
