package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.charset.StandardCharsets;

/// Reads JSON numbers as floats and integers of every width, exactly, and mostly without making an object.
///
/// Floats: up to 18 digits go into a long, which one multiplication or division by an exact power of ten turns
/// into a double. That double is the correctly rounded one if the digits fit 53 bits and the power is at most
/// 10^22 (Clinger, "How to read floating point numbers accurately", PLDI 1990). Rounding it to a float is
/// correct too unless it lies within a few units of the middle between two floats: it is at most 2 units off.
/// Everything else goes to the JDK's own parser. One thread.
final class NumberReader {
    /// Longer numbers are refused: none is meant, and parsing them costs more than it is worth.
    private static final int NUMBER_CHARS_MAX = 400;

    /// Of digits and point in a number of at most 9 digits, which fit an int, with the byte that ends it.
    private static final int SIMPLE_CHARS_MAX = 10;

    private static final long MANTISSA_EXACT_MAX = 1L << 53;
    private static final long MANTISSA_ROOM = 100_000_000_000_000_000L;
    private static final double[] POWERS_OF_TEN = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };
    /// The bits of a double's mantissa that a float has no room for, and the middle of their range.
    private static final long FLOAT_TAIL = (1L << 29) - 1;

    private static final long FLOAT_TIE = 1L << 28;
    private static final long FLOAT_TIE_MARGIN = 4;

    private static final byte[] NAN = JsonScanner.ascii("NaN");
    private static final byte[] INFINITY = JsonScanner.ascii("Infinity");
    private static final byte[] MINUS_INFINITY = JsonScanner.ascii("-Infinity");
    private static final byte[] INF = JsonScanner.ascii("Inf");
    private static final byte[] MINUS_INF = JsonScanner.ascii("-Inf");
    private static final byte[] QUOTED_NAN = JsonScanner.ascii("\"NaN\"");
    private static final byte[] QUOTED_INFINITY = JsonScanner.ascii("\"Infinity\"");
    private static final byte[] QUOTED_MINUS_INFINITY = JsonScanner.ascii("\"-Infinity\"");

    private final JsonScanner scanner;
    private final Subject subject;

    // The number that scan() found: (-1 if negative) * mantissa * 10^exponent, inexact when digits were dropped.
    private int from;
    private boolean negative;
    private long mantissa;
    private int exponent;
    private boolean dropped;

    /// Says what the numbers belong to, for messages.
    @FunctionalInterface
    interface Subject {
        /// `input 'x': data[17]`
        String name();
    }

    NumberReader(JsonScanner scanner, Subject subject) {
        this.scanner = scanner;
        this.subject = subject;
    }

    float readFloat() {
        scanner.peek();
        float simple = readSimpleFloat(scanner.bytes(), scanner.position(), scanner.end());
        return Float.isNaN(simple) ? readAnyFloat() : simple;
    }

    /// Most floats: a sign, up to 9 digits with a point somewhere between them, no exponent, and not near a
    /// tie. NaN, and nothing consumed, for all others. `end` is behind the JSON text, in which a number cannot
    /// be last.
    private float readSimpleFloat(byte[] bytes, int start, int end) {
        int i = start;
        boolean isNegative = i < end && bytes[i] == '-';
        if (isNegative) {
            i++;
        }
        int last = Math.min(end, i + SIMPLE_CHARS_MAX);
        int firstDigit = i;
        int digits = 0;
        int digit = 0;
        while (i < last && (digit = bytes[i] - '0') >= 0 && digit <= 9) {
            digits = digits * 10 + digit;
            i++;
        }
        int decimals = 0;
        boolean isNumber = i > firstDigit && (bytes[firstDigit] != '0' || i == firstDigit + 1);
        if (i < last && digit == '.' - '0') {
            int firstDecimal = ++i;
            while (i < last && (digit = bytes[i] - '0') >= 0 && digit <= 9) {
                digits = digits * 10 + digit;
                i++;
            }
            decimals = i - firstDecimal;
            isNumber &= decimals > 0;
        }
        // It must end here, within the bound and with a byte that ends a number.
        if (!isNumber || i >= last || (bytes[i] != ',' && bytes[i] != ']') || digits == 0) {
            return Float.NaN;
        }
        double magnitude = digits / POWERS_OF_TEN[decimals];
        long fromTie = (Double.doubleToRawLongBits(magnitude) & FLOAT_TAIL) - FLOAT_TIE;
        if (fromTie <= FLOAT_TIE_MARGIN && fromTie >= -FLOAT_TIE_MARGIN) {
            return Float.NaN;
        }
        scanner.position(i);
        return (float) (isNegative ? -magnitude : magnitude);
    }

    private float readAnyFloat() {
        if (!isNumber()) {
            return (float) readSpecial(DataType.FP32);
        }
        scan(DataType.FP32);
        if (mantissa == 0) {
            return negative ? -0.0f : 0.0f;
        }
        if (exponent >= -22 && exponent <= 22) {
            double magnitude = exponent < 0 ? mantissa / POWERS_OF_TEN[-exponent] : mantissa * POWERS_OF_TEN[exponent];
            long fromTie = (Double.doubleToRawLongBits(magnitude) & FLOAT_TAIL) - FLOAT_TIE;
            boolean isNormal = magnitude >= Float.MIN_NORMAL && magnitude <= Float.MAX_VALUE;
            if (isNormal && (fromTie > FLOAT_TIE_MARGIN || fromTie < -FLOAT_TIE_MARGIN)) {
                return (float) (negative ? -magnitude : magnitude);
            }
        }
        float value = Float.parseFloat(copy());
        if (Float.isInfinite(value)) {
            throw invalidAt(from, "an FP32 number within its range");
        }
        return value;
    }

    double readDouble() {
        if (!isNumber()) {
            return readSpecial(DataType.FP64);
        }
        scan(DataType.FP64);
        if (!dropped && mantissa <= MANTISSA_EXACT_MAX && exponent >= -22 && exponent <= 22) {
            double magnitude = exponent < 0 ? mantissa / POWERS_OF_TEN[-exponent] : mantissa * POWERS_OF_TEN[exponent];
            return negative ? -magnitude : magnitude;
        }
        double value = Double.parseDouble(copy());
        if (Double.isInfinite(value)) {
            throw invalidAt(from, "an FP64 number within its range");
        }
        return value;
    }

    /// An integer of `type`'s range; UINT64 as the bits of a long. `2.0` is the integer 2, `2e0` is refused.
    long readInteger(DataType type) {
        if (!isNumber()) {
            throw invalidAt(scanner.position(), integerOf(type));
        }
        byte[] bytes = scanner.bytes();
        int end = scanner.end();
        int i = scanner.position();
        from = i;
        boolean isNegative = bytes[i] == '-';
        if (isNegative) {
            i++;
        }
        int firstDigit = i;
        long value = 0;
        boolean overflow = false;
        while (i < end && isDigit(bytes[i])) {
            int digit = bytes[i] - '0';
            // Unsigned: 18446744073709551615 is the largest.
            overflow |=
                    Long.compareUnsigned(value, 1844674407370955161L) > 0 || value == 1844674407370955161L && digit > 5;
            value = value * 10 + digit;
            i++;
        }
        boolean isInteger = i > firstDigit && (bytes[firstDigit] != '0' || i == firstDigit + 1);
        if (isInteger && i < end && bytes[i] == '.') {
            int point = i++;
            while (i < end && bytes[i] == '0') {
                i++;
            }
            isInteger = i > point + 1;
        }
        boolean goesOn = i < end && (isDigit(bytes[i]) || bytes[i] == 'e' || bytes[i] == 'E');
        if (!isInteger || goesOn || overflow || i - from > NUMBER_CHARS_MAX || !fits(isNegative, value, type)) {
            throw invalidAt(from, integerOf(type));
        }
        scanner.position(i);
        return isNegative ? -value : value;
    }

    /// `magnitude` is unsigned.
    private static boolean fits(boolean negative, long magnitude, DataType type) {
        return switch (type) {
            case UINT8, UINT16, UINT32 -> (!negative || magnitude == 0) && magnitude >>> (type.byteSize() * 8) == 0;
            case UINT64 -> !negative || magnitude == 0;
            case INT8, INT16, INT32, INT64 -> {
                long max = Long.MAX_VALUE >>> (64 - type.byteSize() * 8);
                yield Long.compareUnsigned(magnitude, negative ? max + 1 : max) <= 0;
            }
            case BOOL, FP16, FP32, FP64, BF16, BYTES ->
                throw new IllegalStateException("integers of type " + type + ". This is a bug.");
        };
    }

    private static String integerOf(DataType type) {
        return switch (type) {
            case UINT64 -> "an integer from 0 to 18446744073709551615 for UINT64";
            case UINT8, UINT16, UINT32 ->
                "an integer from 0 to " + ((1L << (type.byteSize() * 8)) - 1) + " for " + type;
            case INT8, INT16, INT32, INT64 -> {
                long max = Long.MAX_VALUE >>> (64 - type.byteSize() * 8);
                yield "an integer from " + (-max - 1) + " to " + max + " for " + type;
            }
            case BOOL, FP16, FP32, FP64, BF16, BYTES -> "an integer";
        };
    }

    /// True when a number, and no literal, comes next.
    private boolean isNumber() {
        int next = scanner.peek();
        if (next != '-') {
            return next >= '0' && next <= '9';
        }
        int second = scanner.position() + 1;
        return second < scanner.end() && isDigit(scanner.bytes()[second]);
    }

    /// What JSON has no number for, as OIP's clients write it: Triton's Python client writes the bare words, and
    /// its library reads the short ones too; KServe's Python client, Triton's Java client and JavaScript write
    /// `null` for NaN; others quote the words.
    private double readSpecial(DataType type) {
        if (scanner.tryTakeWord(NAN) || scanner.tryTakeWord(QUOTED_NAN) || scanner.tryTakeNull()) {
            return Double.NaN;
        }
        if (scanner.tryTakeWord(INFINITY) || scanner.tryTakeWord(QUOTED_INFINITY) || scanner.tryTakeWord(INF)) {
            return Double.POSITIVE_INFINITY;
        }
        if (scanner.tryTakeWord(MINUS_INFINITY)
                || scanner.tryTakeWord(QUOTED_MINUS_INFINITY)
                || scanner.tryTakeWord(MINUS_INF)) {
            return Double.NEGATIVE_INFINITY;
        }
        throw invalidAt(scanner.position(), "a number for " + type);
    }

    private void scan(DataType type) {
        byte[] bytes = scanner.bytes();
        int end = scanner.end();
        int i = scanner.position();
        from = i;
        negative = bytes[i] == '-';
        if (negative) {
            i++;
        }
        long digits = 0;
        int scale = 0;
        boolean drops = false;
        int firstDigit = i;
        for (; i < end && isDigit(bytes[i]); i++) {
            if (digits < MANTISSA_ROOM) {
                digits = digits * 10 + (bytes[i] - '0');
            } else {
                scale++;
                drops = true;
            }
        }
        boolean isNumber = bytes[firstDigit] != '0' || i == firstDigit + 1;
        if (i < end && bytes[i] == '.') {
            int firstOfFraction = ++i;
            for (; i < end && isDigit(bytes[i]); i++) {
                if (digits < MANTISSA_ROOM) {
                    digits = digits * 10 + (bytes[i] - '0');
                    scale--;
                } else {
                    drops = true;
                }
            }
            isNumber &= i > firstOfFraction;
        }
        if (i < end && (bytes[i] == 'e' || bytes[i] == 'E')) {
            i++;
            boolean isDown = i < end && bytes[i] == '-';
            if (isDown || (i < end && bytes[i] == '+')) {
                i++;
            }
            int firstOfPower = i;
            int power = 0;
            for (; i < end && isDigit(bytes[i]); i++) {
                power = Math.min(power * 10 + (bytes[i] - '0'), 100_000);
            }
            isNumber &= i > firstOfPower;
            scale += isDown ? -power : power;
        }
        if (!isNumber || i - from > NUMBER_CHARS_MAX) {
            throw invalidAt(from, "a number for " + type + " of at most " + NUMBER_CHARS_MAX + " characters");
        }
        mantissa = digits;
        exponent = scale;
        dropped = drops;
        scanner.position(i);
    }

    private static boolean isDigit(byte next) {
        return next >= '0' && next <= '9';
    }

    /// The number's own characters, which scan() has checked and bounded.
    private String copy() {
        return new String(scanner.bytes(), from, scanner.position() - from, StandardCharsets.ISO_8859_1);
    }

    private ProblemException invalidAt(int position, String expected) {
        scanner.position(position);
        return new ProblemException(
                Problem.INVALID_TENSOR,
                subject.name() + ": found " + scanner.found() + " (expected: " + expected + ")");
    }
}
