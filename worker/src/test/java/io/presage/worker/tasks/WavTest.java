package io.presage.worker.tasks;

import static io.presage.worker.tasks.Rejection.messageOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.contract.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WavTest {
    private static final int PCM = 1;
    private static final int FLOAT = 3;

    @ParameterizedTest
    @CsvSource({
        "1, 8, 0.01",
        "1, 16, 0.0001",
        "1, 24, 0.000001",
        "1, 32, 0.000001",
        "3, 32, 0.000001",
        "3, 64, 0.000001"
    })
    void read_everyEncoding_givesTheSamples(int kind, int bits, float tolerance) {
        double[] samples = {0, 0.5, -0.5, 0.25, -1};

        Wav wav = Wav.read("audio[0]", wav(kind, 1, 16_000, bits, samples), 10);

        assertThat(wav.sampleRate()).isEqualTo(16_000);
        assertThat(wav.samples()).hasSize(5);
        for (int i = 0; i < samples.length; i++) {
            assertThat(wav.samples()[i]).isCloseTo((float) samples[i], within(tolerance));
        }
    }

    @Test
    void read_stereo_isTheMean() {
        assertThat(Wav.read("audio[0]", wav(PCM, 2, 8_000, 16, 0.5, 0, -0.5, 0.5), 10)
                        .samples())
                .containsExactly(0.25f, 0);
    }

    @Test
    void read_extensibleFormat_isReadBySubformat() {
        byte[] plain = wav(FLOAT, 1, 48_000, 32, 0.5);
        ByteBuffer bytes = ByteBuffer.allocate(plain.length + 24).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(plain, 0, 36);
        bytes.putInt(16, 40).putShort(20, (short) 0xFFFE);
        bytes.put(new byte[8]).putShort((short) FLOAT).put(new byte[14]);
        bytes.put(plain, 36, plain.length - 36);

        assertThat(Wav.read("audio[0]", bytes.array(), 10).samples()).containsExactly(0.5f);
    }

    @Test
    void read_otherChunks_areSkippedWithTheirPadding() {
        byte[] plain = wav(PCM, 1, 16_000, 16, 0.5);
        ByteBuffer bytes = ByteBuffer.allocate(plain.length + 12).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(plain, 0, 36)
                .put("LIST".getBytes(StandardCharsets.US_ASCII))
                .putInt(3)
                .put(new byte[4]);
        bytes.put(plain, 36, plain.length - 36);

        assertThat(Wav.read("audio[0]", bytes.array(), 10).samples()).containsExactly(0.5f);
    }

    @Test
    void read_sizeLeftOpenByAStream_takesWhatIsThere() {
        byte[] bytes = wav(PCM, 1, 16_000, 16, 0.5, 0.25);
        little(bytes).putInt(40, -1);

        assertThat(Wav.read("audio[0]", bytes, 10).samples()).containsExactly(0.5f, 0.25f);
    }

    @Test
    void read_cutOff_saysHowMuchIsThere() {
        byte[] whole = wav(PCM, 1, 16_000, 16, new double[100]);

        messageOf(() -> Wav.read("audio[0]", Arrays.copyOf(whole, 144), 10))
                .isEqualTo("audio[0]: cut off: 100 of 200 bytes of sound are there");
        messageOf(() -> Wav.read("audio[0]", Arrays.copyOf(whole, 30), 10))
                .contains("'fmt ' chunk of 16 bytes, 10 there");
        messageOf(() -> Wav.read("audio[0]", Arrays.copyOf(whole, 12), 10)).contains("no 'data' chunk in 12 bytes");
        messageOf(() -> Wav.read("audio[0]", Arrays.copyOf(whole, 11), 10)).contains("no RIFF/WAVE header");
    }

    @Test
    void read_dataBeforeFormat_isRefused() {
        byte[] bytes = wav(PCM, 1, 16_000, 16, 0.5);
        bytes[12] = 'x';

        messageOf(() -> Wav.read("audio[0]", bytes, 10)).contains("'data' chunk before any 'fmt ' chunk");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "20 | 85    | encoding 85 with 16 bits (expected: PCM (1)",
                "22 | 0     | 0 channels (expected: 1 or 2)",
                "22 | 6     | 6 channels (expected: 1 or 2)",
                "24 | 7999  | 7999 samples a second (expected: 8000..48000)",
                "24 | 48001 | 48001 samples a second (expected: 8000..48000)",
                "32 | 4     | blocks of 4 bytes (expected: 2",
                "34 | 12    | encoding 1 with 12 bits (expected: PCM (1)",
                "40 | 0     | 0 samples (expected: at least 1)",
                "40 | 3     | 3 bytes of sound (expected: a multiple of 2)",
            })
    void read_fieldOutOfRange_isNamed(int offset, int value, String message) {
        byte[] bytes = wav(PCM, 1, 16_000, 16, 0.5, 0.5);
        if (offset == 24 || offset == 40) {
            little(bytes).putInt(offset, value);
        } else {
            little(bytes).putShort(offset, (short) value);
        }

        messageOf(() -> Wav.read("audio[0]", bytes, 10)).startsWith("audio[0]: " + message);
    }

    @Test
    void read_tooLong_isRefused() {
        byte[] bytes = wav(PCM, 1, 8_000, 8, new double[20_004]);

        messageOf(() -> Wav.read("audio[0]", bytes, 2)).isEqualTo("audio[0]: 2.5 seconds long (expected: at most 2)");
    }

    @Test
    void read_notANumber_isRefused() {
        messageOf(() -> Wav.read("audio[0]", wav(FLOAT, 1, 8_000, 32, 0, Double.NaN), 2))
                .isEqualTo("audio[0]: sample 1 is NaN (expected: a finite number)");
    }

    /// Whatever the bytes are: a sound or a caller's problem, nothing else.
    @Test
    void read_damaged_isASoundOrACallersProblem() {
        byte[] whole = wav(PCM, 2, 16_000, 16, new double[64]);
        Random random = new Random(20261121);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] damaged = Arrays.copyOf(whole, 12 + random.nextInt(whole.length - 11));
            for (int i = 0; i <= round % 4; i++) {
                damaged[Math.min(damaged.length - 1, 12 + random.nextInt(32))] = (byte) random.nextInt(256);
            }
            try {
                Wav.read("audio[0]", damaged, 10);
            } catch (ProblemException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @ParameterizedTest
    @CsvSource({"8000, 16000", "44100, 16000", "48000, 16000", "22050, 16000", "44099, 16000"})
    void resample_tone_keepsPitchAndLoudness(int from, int to) {
        float[] tone = tone(1_000, from);

        float[] resampled = Resampler.resample(tone, from, to);

        assertThat(resampled).hasSize(to);
        float[] expected = tone(1_000, to);
        for (int i = 1_000; i < to - 1_000; i++) {
            assertThat(resampled[i]).as("sample " + i).isCloseTo(expected[i], within(0.01f));
        }
    }

    @Test
    void resample_toneTheLowerRateCannotHold_isGone() {
        float[] resampled = Resampler.resample(tone(12_000, 48_000), 48_000, 16_000);

        for (int i = 1_000; i < resampled.length - 1_000; i++) {
            assertThat(resampled[i]).isCloseTo(0, within(0.01f));
        }
    }

    private static float[] tone(double hertz, int rate) {
        float[] samples = new float[rate];
        for (int i = 0; i < rate; i++) {
            samples[i] = (float) Math.sin(2 * Math.PI * hertz * i / rate);
        }
        return samples;
    }

    static byte[] wav(int kind, int channels, int rate, int bits, double... samples) {
        int dataBytes = samples.length * bits / 8;
        ByteBuffer bytes = ByteBuffer.allocate(44 + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + dataBytes);
        bytes.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
        bytes.putShort((short) kind).putShort((short) channels).putInt(rate);
        bytes.putInt(rate * channels * bits / 8)
                .putShort((short) (channels * bits / 8))
                .putShort((short) bits);
        bytes.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(dataBytes);
        for (double sample : samples) {
            if (kind == FLOAT) {
                var _ = bits == 32 ? bytes.putFloat((float) sample) : bytes.putDouble(sample);
                continue;
            }
            long value = Math.round(sample * (1L << bits - 1)) + (bits == 8 ? 128 : 0);
            for (int i = 0; i < bits; i += 8) {
                bytes.put((byte) (value >> i));
            }
        }
        return bytes.array();
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
