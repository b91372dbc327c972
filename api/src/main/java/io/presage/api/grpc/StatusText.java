package io.presage.api.grpc;

import java.nio.charset.StandardCharsets;

/// `grpc-message`: UTF-8 with all but printable ASCII percent-encoded (gRPC over HTTP/2, "Responses"). Pure.
final class StatusText {
    private static final int CHARACTERS_MAX = 1024;

    /// What is longer than a header should be is cut.
    static String encoded(String text) {
        byte[] utf8 = (text.length() <= CHARACTERS_MAX ? text : text.substring(0, CHARACTERS_MAX) + "...")
                .getBytes(StandardCharsets.UTF_8);
        var encoded = new StringBuilder(utf8.length + 16);
        for (byte next : utf8) {
            if (next >= ' ' && next <= '~' && next != '%') {
                encoded.append((char) next);
            } else {
                encoded.append('%')
                        .append(Character.toUpperCase(Character.forDigit((next >> 4) & 15, 16)))
                        .append(Character.toUpperCase(Character.forDigit(next & 15, 16)));
            }
        }
        return encoded.toString();
    }

    private StatusText() {}
}
