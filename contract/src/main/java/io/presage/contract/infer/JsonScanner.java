package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A pull scanner over one JSON text in UTF-8. The caller knows what should come next and asks for it; nothing
/// is built that was not asked for. What does not fit is a [ProblemException] INVALID_REQUEST with the byte it
/// was found at, never another exception. One thread; reused for text after text.
///
/// Objects and arrays are read as loops:
/// ```java
/// for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
///     if (scanner.isText(NAME)) { ... read the value ... } else { scanner.skipValue(); }
/// }
/// ```
final class JsonScanner {
    private static final byte[] NOTHING = {};
    private static final byte[] TRUE = ascii("true");
    private static final byte[] FALSE = ascii("false");
    private static final byte[] NULL = ascii("null");
    private static final byte[][] LITERALS = {
        TRUE, FALSE, NULL, ascii("NaN"), ascii("Infinity"), ascii("Inf"),
    };
    private static final int EXCERPT_CHARS = 20;
    private static final int DECODED_BYTES_KEPT = 1 << 16;

    private final int nestingMax;
    private final int nameBytesMax;

    private byte[] bytes = NOTHING;
    private int start;
    private int position;
    private int end;

    // What the last readText() read: a range of the body itself, or of `decoded` when it held escapes.
    private byte[] text = NOTHING;
    private int textStart;
    private int textEnd;
    private byte[] decoded = NOTHING;

    JsonScanner(int nestingMax, int nameBytesMax) {
        this.nestingMax = nestingMax;
        this.nameBytesMax = nameBytesMax;
    }

    /// Begins with the text in `bytes[from, to)`.
    void reset(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        this.start = from;
        this.position = from;
        this.end = to;
        this.text = NOTHING;
        if (decoded.length > DECODED_BYTES_KEPT) {
            decoded = NOTHING;
        }
    }

    byte[] bytes() {
        return bytes;
    }

    int end() {
        return end;
    }

    /// Index into [#bytes] of the next byte to read.
    int position() {
        return position;
    }

    /// Goes back, or forward, to a place that [#position] gave.
    void position(int index) {
        position = index;
    }

    /// The next byte that is not white space, left where it is; -1 at the end.
    int peek() {
        while (position < end) {
            byte next = bytes[position];
            if (next != ' ' && next != '\n' && next != '\r' && next != '\t') {
                return next & 0xFF;
            }
            position++;
        }
        return -1;
    }

    /// True when `expected` came next; it is consumed then.
    boolean tryTake(char expected) {
        if (peek() == expected) {
            position++;
            return true;
        }
        return false;
    }

    /// True when `null` came next, which optional members may be; it is consumed then.
    boolean tryTakeNull() {
        return tryTakeWord(NULL);
    }

    boolean takeBoolean(String what) {
        if (tryTakeWord(TRUE)) {
            return true;
        }
        if (tryTakeWord(FALSE)) {
            return false;
        }
        throw unexpected("true or false for " + what);
    }

    void take(char expected) {
        if (!tryTake(expected)) {
            throw unexpected("'" + expected + "'");
        }
    }

    /// True when `word` came next; it is consumed then.
    boolean tryTakeWord(byte[] word) {
        if (peek() >= 0
                && Arrays.equals(bytes, position, Math.min(end, position + word.length), word, 0, word.length)) {
            position += word.length;
            return true;
        }
        return false;
    }

    /// Nothing but white space may follow.
    void takeEnd() {
        if (peek() >= 0) {
            throw unexpected("the end of the JSON part");
        }
    }

    /// Opens an object. When it has a member, its name is the text, and its value comes next.
    boolean firstMember() {
        take('{');
        if (tryTake('}')) {
            return false;
        }
        memberName();
        return true;
    }

    boolean nextMember() {
        if (tryTake(',')) {
            memberName();
            return true;
        }
        if (tryTake('}')) {
            return false;
        }
        throw unexpected("',' or '}'");
    }

    private void memberName() {
        readText("member name", nameBytesMax);
        take(':');
    }

    /// Opens an array. When it has an element, that comes next.
    boolean firstElement() {
        take('[');
        return !tryTake(']');
    }

    boolean nextElement() {
        int next = peek();
        if (next == ',' || next == ']') {
            position++;
            return next == ',';
        }
        throw unexpected("',' or ']'");
    }

    /// Reads a string; it stays readable through [#isText], [#copyText] and [#textLength] until the next one.
    /// `what` and `bytesMax` (of the UTF-8 content) are for the refusal of a long one.
    void readText(String what, int bytesMax) {
        if (peek() != '"') {
            throw unexpected(what + " as a string");
        }
        int from = position + 1;
        int high = 0;
        for (int i = from; i < end; i++) {
            byte next = bytes[i];
            if (next == '"') {
                text = bytes;
                textStart = from;
                textEnd = i;
                position = i + 1;
                checkText(what, bytesMax, high < 0);
                return;
            }
            if (next == '\\') {
                decodeText(from, i);
                checkText(what, bytesMax, true);
                return;
            }
            if (next >= 0 && next < ' ') {
                position = i;
                throw unexpected("no control character inside of a string");
            }
            high |= next;
        }
        position = end;
        throw unexpected("'\"' at the end of " + what);
    }

    private void checkText(String what, int bytesMax, boolean mayBeInvalid) {
        if (textLength() > bytesMax) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    what + ": " + textLength() + " bytes (expected: at most " + bytesMax + ")");
        }
        if (mayBeInvalid && !Utf8.isValid(text, textStart, textEnd)) {
            throw new ProblemException(Problem.INVALID_REQUEST, what + ": not UTF-8 (expected: UTF-8)");
        }
    }

    /// Decodes a string from its first escape on. The result is never longer than the source.
    private void decodeText(int from, int firstEscape) {
        int length = firstEscape - from;
        if (decoded.length < length + 64) {
            decoded = new byte[length + 256];
        }
        System.arraycopy(bytes, from, decoded, 0, length);
        position = firstEscape;
        while (position < end) {
            byte next = bytes[position];
            if (next == '"') {
                text = decoded;
                textStart = 0;
                textEnd = length;
                position++;
                return;
            }
            if (next >= 0 && next < ' ') {
                throw unexpected("no control character inside of a string");
            }
            if (decoded.length < length + 4) {
                decoded = Arrays.copyOf(decoded, decoded.length * 2);
            }
            if (next == '\\') {
                length = putCodePoint(length, escape());
            } else {
                decoded[length++] = next;
                position++;
            }
        }
        throw unexpected("'\"' at the end of a string");
    }

    private int putCodePoint(int length, int codePoint) {
        if (codePoint < 0x80) {
            decoded[length] = (byte) codePoint;
            return length + 1;
        }
        if (codePoint < 0x800) {
            decoded[length] = (byte) (0xC0 | (codePoint >> 6));
            decoded[length + 1] = (byte) (0x80 | (codePoint & 0x3F));
            return length + 2;
        }
        if (codePoint < 0x10000) {
            decoded[length] = (byte) (0xE0 | (codePoint >> 12));
            decoded[length + 1] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
            decoded[length + 2] = (byte) (0x80 | (codePoint & 0x3F));
            return length + 3;
        }
        decoded[length] = (byte) (0xF0 | (codePoint >> 18));
        decoded[length + 1] = (byte) (0x80 | ((codePoint >> 12) & 0x3F));
        decoded[length + 2] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
        decoded[length + 3] = (byte) (0x80 | (codePoint & 0x3F));
        return length + 4;
    }

    private int escape() {
        int at = position;
        int kind = position + 1 < end ? bytes[position + 1] : -1;
        position += 2;
        return switch (kind) {
            case '"', '\\', '/' -> kind;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicodeEscape(at);
            default -> {
                position = at;
                throw unexpected("an escape that JSON has");
            }
        };
    }

    private int unicodeEscape(int at) {
        int first = hex4(at);
        if (first < 0xD800 || first > 0xDFFF) {
            return first;
        }
        if (first < 0xDC00 && position + 1 < end && bytes[position] == '\\' && bytes[position + 1] == 'u') {
            position += 2;
            int second = hex4(at);
            if (second >= 0xDC00 && second <= 0xDFFF) {
                return Character.toCodePoint((char) first, (char) second);
            }
        }
        position = at;
        throw unexpected("surrogate escapes in pairs");
    }

    private int hex4(int at) {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = position < end ? Character.digit(bytes[position], 16) : -1;
            if (digit < 0) {
                position = at;
                throw unexpected("four hexadecimal digits after \\u");
            }
            value = (value << 4) | digit;
            position++;
        }
        return value;
    }

    boolean isText(byte[] expected) {
        return Arrays.equals(text, textStart, textEnd, expected, 0, expected.length);
    }

    /// Bytes of the last string's UTF-8 content.
    int textLength() {
        return textEnd - textStart;
    }

    int textHash() {
        int hash = 0;
        for (int i = textStart; i < textEnd; i++) {
            hash = 31 * hash + text[i];
        }
        return hash;
    }

    /// The last string's UTF-8 content.
    byte[] copyText() {
        return Arrays.copyOfRange(text, textStart, textEnd);
    }

    String textAsString() {
        return new String(text, textStart, textEnd - textStart, StandardCharsets.UTF_8);
    }

    /// Skips one value of any kind, with the literals for floats that are no JSON.
    void skipValue() {
        skipValue(nestingMax);
    }

    /// Recursion is bounded by `depth`, and that by the limits.
    void skipValue(int depth) {
        switch (peek()) {
            case '{' -> {
                requireDepth(depth);
                for (boolean more = firstMember(); more; more = nextMember()) {
                    skipValue(depth - 1);
                }
            }
            case '[' -> {
                requireDepth(depth);
                for (boolean more = firstElement(); more; more = nextElement()) {
                    skipValue(depth - 1);
                }
            }
            case '"' -> skipText();
            default -> skipWord();
        }
    }

    private void requireDepth(int depth) {
        if (depth == 0) {
            throw unexpected("JSON that is not nested deeper than " + nestingMax);
        }
    }

    private void skipText() {
        for (int i = position + 1; i < end; i++) {
            byte next = bytes[i];
            if (next == '"') {
                position = i + 1;
                return;
            }
            if (next >= 0 && next < ' ') {
                position = i;
                throw unexpected("no control character inside of a string");
            }
            if (next == '\\') {
                i++;
            }
        }
        position = end;
        throw unexpected("'\"' at the end of a string");
    }

    /// A literal, or a number, whose digits are not judged: its value is not used.
    private void skipWord() {
        int first = peek();
        if (first == '-' || (first >= '0' && first <= '9')) {
            do {
                position++;
            } while (position < end && isWordByte(bytes[position]));
            return;
        }
        for (byte[] literal : LITERALS) {
            if (tryTakeWord(literal)) {
                return;
            }
        }
        throw unexpected("a value");
    }

    private static boolean isWordByte(byte next) {
        return (next >= '0' && next <= '9')
                || (next >= 'a' && next <= 'z')
                || (next >= 'A' && next <= 'Z')
                || next == '-'
                || next == '+'
                || next == '.';
    }

    /// INVALID_REQUEST: what stands at the present position is not what was `expected`.
    ProblemException unexpected(String expected) {
        return new ProblemException(
                Problem.INVALID_REQUEST,
                "JSON at byte " + (position - start) + ": found " + found() + " (expected: " + expected + ")");
    }

    /// What stands at the present position, shortened, for messages.
    String found() {
        if (peek() < 0) {
            return "the end";
        }
        var excerpt = new StringBuilder("'");
        int i = position;
        while (i < end && i - position < EXCERPT_CHARS) {
            byte next = bytes[i];
            boolean ends = i > position && (next == ',' || next == ']' || next == '}' || next == '\n');
            if (ends) {
                break;
            }
            excerpt.append(next >= ' ' && next < 0x7F ? (char) next : '?');
            i++;
        }
        return excerpt.append(i - position == EXCERPT_CHARS ? "...'" : "'").toString();
    }

    static byte[] ascii(String word) {
        return word.getBytes(StandardCharsets.US_ASCII);
    }
}
