package io.presage.contract.infer;

/// What is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF). Pure; any
/// thread.
final class Utf8 {
    static boolean isValid(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            int lead = bytes[i++];
            if (lead >= 0) {
                continue;
            }
            int length = sequenceLength(lead & 0xFF);
            if (length == 0 || i + length - 1 > to || !isSecond(lead & 0xFF, bytes[i] & 0xFF)) {
                return false;
            }
            for (int k = 1; k < length - 1; k++) {
                if ((bytes[i + k] & 0xC0) != 0x80) {
                    return false;
                }
            }
            i += length - 1;
        }
        return true;
    }

    /// 0 for a byte that cannot begin a sequence of two bytes or more.
    private static int sequenceLength(int lead) {
        if (lead < 0xC2 || lead > 0xF4) {
            return 0;
        }
        return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    }

    /// The second byte's range is narrower after some leads; that is where overlong forms and surrogates hide.
    private static boolean isSecond(int lead, int second) {
        int min = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        int max = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        return second >= min && second <= max;
    }

    private Utf8() {}
}
