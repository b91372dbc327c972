package io.presage.worker;

import java.util.Random;

/// Small changes of a file, the same for the same seed: bits, bytes, lengths, pieces copied over others.
public final class Mutation {
    private Mutation() {}

    public static byte[] of(byte[] original, long seed) {
        var random = new Random(seed);
        var bytes = original.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> bytes[at] += (byte) (random.nextBoolean() ? 1 : -1);
                case 3 -> {
                    int count = Math.min(1 + random.nextInt(8), bytes.length - at);
                    java.util.Arrays.fill(bytes, at, at + count, (byte) (random.nextBoolean() ? 0xff : 0x7f));
                }
                default -> {
                    int from = random.nextInt(bytes.length);
                    int count = Math.min(1 + random.nextInt(8), bytes.length - Math.max(at, from));
                    System.arraycopy(original, from, bytes, at, count);
                }
            }
        }
        return bytes;
    }
}
