package io.presage.contract.infer;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The JDK's parsers are the reference.
class NumberReaderTest {
    private final JsonScanner scanner = new JsonScanner(4, 64);
    private final NumberReader numbers = new NumberReader(scanner, () -> "x");

    private void assertReads(String number) {
        begin(number);
        int floatBits = Float.floatToIntBits(numbers.readFloat());
        assertThat(floatBits).as(number).isEqualTo(Float.floatToIntBits(Float.parseFloat(number)));
        scanner.takeEnd();
        begin(number);
        long doubleBits = Double.doubleToLongBits(numbers.readDouble());
        assertThat(doubleBits).as(number).isEqualTo(Double.doubleToLongBits(Double.parseDouble(number)));
        scanner.takeEnd();
    }

    private void begin(String number) {
        byte[] bytes = JsonScanner.ascii(number);
        scanner.reset(bytes, 0, bytes.length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-0",
                "0.0",
                "-0e5",
                "1",
                "0.1",
                "0.3",
                "17.99",
                "-122.8",
                "1e22",
                "1e23",
                "1E-22",
                "1e-23",
                "1e-45",
                "7.0e-46",
                "1.17549435e-38",
                "1.1754942e-38",
                "3.4028235e38",
                "3.40282346638528859e38",
                "16777217",
                "16777219",
                "9007199254740993",
                "9007199791611905",
                "0.11840000003576279",
                "123456789012345678901234567890",
                "0.000000000000000000000000000001",
                "1.00000005960464477539062500",
                "1.00000005960464477539062501",
                "1.0000000596046447753906249999999999999999999999",
                "8388608.5",
                "8388609.5",
                "1e-400",
                "2.2250738585072011e-308",
                "4.9e-324",
                "99999999999999999",
                "100000000000000000",
                "999999999999999999.9",
            })
    void edgesRoundAsTheJdkDoes(String number) {
        assertReads(number);
    }

    @Test
    void randomNumbersRoundAsTheJdkDoes() {
        long seed = Long.getLong("presage.seed", System.nanoTime());
        var random = new SplittableRandom(seed);
        try {
            for (int i = 0; i < 200_000; i++) {
                assertReads(randomNumber(random));
            }
        } catch (Throwable e) {
            throw new AssertionError("replay with -Dpresage.seed=" + seed, e);
        }
    }

    /// Short decimals, widened floats, neighbourhoods of ties, and any digits at all.
    private static String randomNumber(SplittableRandom random) {
        float any = Float.intBitsToFloat(random.nextInt() & 0x7F7FFFFF);
        return switch (random.nextInt(6)) {
            case 0 -> Double.toString(random.nextInt(1_000_000) / Math.pow(10, random.nextInt(7)));
            case 1 -> Double.toString(random.nextFloat() * 1000);
            case 2 -> Float.toString(Math.min(any, 1e38f));
            case 3 -> {
                float value = random.nextFloat() * 100;
                double tie = ((double) value + Math.nextUp(value)) / 2;
                double near = Double.longBitsToDouble(Double.doubleToLongBits(tie) + random.nextInt(-6, 7));
                yield new BigDecimal(near).toPlainString();
            }
            case 4 -> Double.toString(random.nextDouble() * Math.pow(10, random.nextInt(-44, 36)));
            default -> {
                var digits = new StringBuilder().append(random.nextInt(1, 10));
                for (int i = random.nextInt(25); i > 0; i--) {
                    digits.append(random.nextInt(10));
                }
                digits.insert(random.nextInt(1, digits.length() + 1), '.').append('5');
                yield digits.append('e').append(random.nextInt(-50, 12)).toString();
            }
        };
    }
}
