package io.presage.api.grpc;

/// Strings as JSON has them. Pure.
final class JsonText {
    /// Appends `text` in quotes.
    static StringBuilder quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            if (next == '"' || next == '\\') {
                json.append('\\').append(next);
            } else if (next < ' ') {
                json.append("\\u00")
                        .append(Character.forDigit(next >> 4, 16))
                        .append(Character.forDigit(next & 15, 16));
            } else {
                json.append(next);
            }
        }
        return json.append('"');
    }

    private JsonText() {}
}
