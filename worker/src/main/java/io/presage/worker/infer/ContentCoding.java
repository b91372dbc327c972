package io.presage.worker.infer;

import io.vertx.core.http.HttpHeaders;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How a body is packed (RFC 9110, 8.4.1). `deflate` is the zlib format, as the RFC has it and OIP's clients read
/// it. Pure.
enum ContentCoding {
    IDENTITY("identity"),
    GZIP("gzip"),
    DEFLATE("deflate");

    /// Where weights are equal, the one with a checksum that clients verify.
    private static final ContentCoding[] OFFERED = {GZIP, DEFLATE};

    private static final int THOUSAND = 1000;

    private final CharSequence header;

    ContentCoding(String name) {
        this.header = HttpHeaders.createOptimized(name);
    }

    /// As it is written in `Content-Encoding`.
    CharSequence header() {
        return header;
    }

    /// The one that `Content-Encoding` names; null when it is none of these, or more than one.
    static @Nullable ContentCoding named(@Nullable String contentEncoding) {
        if (contentEncoding == null) {
            return IDENTITY;
        }
        return switch (contentEncoding.strip().toLowerCase(Locale.ROOT)) {
            case "", "identity" -> IDENTITY;
            case "gzip", "x-gzip" -> GZIP;
            case "deflate" -> DEFLATE;
            default -> null;
        };
    }

    /// The one that a client likes best that sent this `Accept-Encoding`; IDENTITY when it sent none, or nothing
    /// that can be read.
    static ContentCoding liked(@Nullable String acceptEncoding) {
        if (acceptEncoding == null || acceptEncoding.isEmpty()) {
            return IDENTITY;
        }
        var best = IDENTITY;
        int most = 0;
        for (var coding : OFFERED) {
            int weight = weight(coding, acceptEncoding);
            if (weight > most) {
                best = coding;
                most = weight;
            }
        }
        // Who says so gets it plain: identity is only ever weighed when it is named.
        return weightOf("identity", acceptEncoding) > most ? IDENTITY : best;
    }

    /// In thousandths; 0 = not wanted.
    private static int weight(ContentCoding coding, String acceptEncoding) {
        int named = weightOf(coding.header.toString(), acceptEncoding);
        if (named < 0 && coding == GZIP) {
            named = weightOf("x-gzip", acceptEncoding);
        }
        return named >= 0 ? named : Math.max(0, weightOf("*", acceptEncoding));
    }

    /// -1 when the list does not have it.
    private static int weightOf(String name, String acceptEncoding) {
        int from = 0;
        while (from <= acceptEncoding.length()) {
            int comma = acceptEncoding.indexOf(',', from);
            int end = comma < 0 ? acceptEncoding.length() : comma;
            var item = acceptEncoding.substring(from, end);
            int semicolon = item.indexOf(';');
            var coding = (semicolon < 0 ? item : item.substring(0, semicolon)).strip();
            if (coding.equalsIgnoreCase(name)) {
                return semicolon < 0
                        ? THOUSAND
                        : thousandths(item.substring(semicolon + 1).strip());
            }
            from = end + 1;
        }
        return -1;
    }

    /// Of `q=0.5`; 0 when it is not written so.
    private static int thousandths(String weight) {
        if (weight.length() < 3
                || weight.length() > 7
                || (weight.charAt(0) != 'q' && weight.charAt(0) != 'Q')
                || weight.charAt(1) != '=') {
            return 0;
        }
        int value = 0;
        int unit = THOUSAND;
        for (int i = 2; i < weight.length(); i++) {
            char next = weight.charAt(i);
            if (i == 3 && next == '.') {
                continue;
            }
            if (next < '0' || next > '9' || (i == 2 && next > '1') || (i > 2 && weight.charAt(3) != '.')) {
                return 0;
            }
            value += (next - '0') * unit;
            unit /= 10;
        }
        return Math.min(value, THOUSAND);
    }
}
