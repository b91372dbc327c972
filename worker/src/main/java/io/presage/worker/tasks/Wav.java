package io.presage.worker.tasks;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Reads RIFF/WAVE sound: PCM of 8, 16, 24 or 32 bits, or IEEE float of 32 or 64, one or two channels, 8000 to
/// 48000 Hz. The result is mono, -1..1, in the sound's own rate. Whatever is wrong with the bytes is
/// INVALID_INPUT and costs no more memory than the samples that are really there. Any thread. Source: Microsoft
/// "Multimedia Programming Interface and Data Specifications 1.0" and `WAVEFORMATEXTENSIBLE`.
record Wav(int sampleRate, float[] samples) {
    static final int RATE_MIN = 8_000;
    static final int RATE_MAX = 48_000;

    private static final int PCM = 1;
    private static final int IEEE_FLOAT = 3;
    private static final int EXTENSIBLE = 0xFFFE;
    private static final int CHUNK_HEADER = 8;
    /// What writers put into the size of a chunk that they could not seek back to.
    private static final long UNKNOWN_SIZE = 0xFFFF_FFFFL;

    static boolean isWav(byte[] bytes) {
        return bytes.length >= 12
                && ascii(bytes, 0).equals("RIFF")
                && ascii(bytes, 8).equals("WAVE");
    }

    /// `name` is what messages call the sound. A sound that lasts longer than `secondsMax` is refused before it
    /// is read.
    static Wav read(String name, byte[] bytes, int secondsMax) {
        if (!isWav(bytes)) {
            throw invalid(name, "no RIFF/WAVE header (expected: a WAV file)");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Format format = null;
        long at = 12;
        while (at + CHUNK_HEADER <= bytes.length) {
            String chunk = ascii(bytes, (int) at);
            long size = Integer.toUnsignedLong(buffer.getInt((int) at + 4));
            int from = (int) at + CHUNK_HEADER;
            long there = (long) bytes.length - from;
            if (chunk.equals("fmt ")) {
                if (size < 16 || size > there) {
                    throw invalid(
                            name, "'fmt ' chunk of %d bytes, %d there (expected: 16 or more)".formatted(size, there));
                }
                format = Format.read(name, buffer.slice(from, (int) size).order(ByteOrder.LITTLE_ENDIAN));
            } else if (chunk.equals("data")) {
                if (format == null) {
                    throw invalid(name, "'data' chunk before any 'fmt ' chunk (expected: 'fmt ' first)");
                }
                if (size == UNKNOWN_SIZE) {
                    size = there - there % format.frameBytes();
                }
                if (size > there) {
                    throw invalid(name, "cut off: %d of %d bytes of sound are there".formatted(there, size));
                }
                return format.samples(name, buffer.slice(from, (int) size).order(ByteOrder.LITTLE_ENDIAN), secondsMax);
            }
            at = from + size + (size & 1);
        }
        throw invalid(
                name, "no 'data' chunk in %d bytes (expected: a 'fmt ' and a 'data' chunk)".formatted(bytes.length));
    }

    private record Format(int kind, int channels, int rate, int bits) {
        static Format read(String name, ByteBuffer chunk) {
            int kind = Short.toUnsignedInt(chunk.getShort(0));
            int channels = Short.toUnsignedInt(chunk.getShort(2));
            long rate = Integer.toUnsignedLong(chunk.getInt(4));
            int frameBytes = Short.toUnsignedInt(chunk.getShort(12));
            int bits = Short.toUnsignedInt(chunk.getShort(14));
            if (kind == EXTENSIBLE) {
                if (chunk.limit() < 40) {
                    throw invalid(name, "extensible 'fmt ' chunk of %d bytes (expected: 40)".formatted(chunk.limit()));
                }
                kind = Short.toUnsignedInt(chunk.getShort(24));
            }
            boolean known = kind == PCM && (bits == 8 || bits == 16 || bits == 24 || bits == 32)
                    || kind == IEEE_FLOAT && (bits == 32 || bits == 64);
            if (!known) {
                throw invalid(
                        name,
                        "encoding %d with %d bits (expected: PCM (1) with 8, 16, 24 or 32 bits, or float (3) with 32 or 64)"
                                .formatted(kind, bits));
            }
            if (channels < 1 || channels > 2) {
                throw invalid(name, "%d channels (expected: 1 or 2)".formatted(channels));
            }
            if (rate < RATE_MIN || rate > RATE_MAX) {
                throw invalid(name, "%d samples a second (expected: %d..%d)".formatted(rate, RATE_MIN, RATE_MAX));
            }
            if (frameBytes != channels * bits / Byte.SIZE) {
                throw invalid(
                        name,
                        "blocks of %d bytes (expected: %d for %d channels of %d bits)"
                                .formatted(frameBytes, channels * bits / Byte.SIZE, channels, bits));
            }
            return new Format(kind, channels, (int) rate, bits);
        }

        int frameBytes() {
            return channels * bits / Byte.SIZE;
        }

        Wav samples(String name, ByteBuffer data, int secondsMax) {
            if (data.limit() % frameBytes() != 0) {
                throw invalid(
                        name, "%d bytes of sound (expected: a multiple of %d)".formatted(data.limit(), frameBytes()));
            }
            int frames = data.limit() / frameBytes();
            if (frames == 0) {
                throw invalid(name, "0 samples (expected: at least 1)");
            }
            if (frames > (long) secondsMax * rate) {
                throw invalid(
                        name, "%.1f seconds long (expected: at most %d)".formatted((double) frames / rate, secondsMax));
            }
            float[] samples = new float[frames];
            for (int i = 0; i < frames; i++) {
                double sum = 0;
                for (int channel = 0; channel < channels; channel++) {
                    sum += sample(data, (i * channels + channel) * bits / Byte.SIZE);
                }
                if (!Double.isFinite(sum)) {
                    throw invalid(name, "sample %d is %s (expected: a finite number)".formatted(i, sum));
                }
                samples[i] = (float) (sum / channels);
            }
            return new Wav(rate, samples);
        }

        private double sample(ByteBuffer data, int at) {
            if (kind == IEEE_FLOAT) {
                return bits == 32 ? data.getFloat(at) : data.getDouble(at);
            }
            return switch (bits) {
                case 8 -> (Byte.toUnsignedInt(data.get(at)) - 128) / 128.0;
                case 16 -> data.getShort(at) / 32_768.0;
                case 24 -> (data.getShort(at) & 0xFFFF | data.get(at + 2) << 16) / 8_388_608.0;
                case 32 -> data.getInt(at) / 2_147_483_648.0;
                default -> throw new IllegalStateException(bits + " bits passed the check. This is a bug.");
            };
        }
    }

    private static String ascii(byte[] bytes, int at) {
        return new String(bytes, at, 4, StandardCharsets.ISO_8859_1);
    }

    private static ProblemException invalid(String name, String what) {
        return new ProblemException(Problem.INVALID_INPUT, name + ": " + what);
    }
}
