package io.presage.contract.infer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Whatever the bytes are: a request, or a refusal that names a problem of the caller's. Never anything else.
class CodecFuzzTest {
    private static final int CASES = 300_000;
    private static final CodecLimits LIMITS = new CodecLimits(4096, 8, 8, 64);

    private static final List<String> SEEDS = List.of(
            "{\"id\":\"a\",\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[[1,2.5],[-3e2,NaN]]}]}",
            "{\"inputs\":[{\"data\":[1,0.1,99999999999999999999],\"shape\":[3],\"datatype\":\"FP64\",\"name\":\"x\"}]}",
            "{\"inputs\":[{\"name\":\"t\",\"shape\":[2],\"datatype\":\"BYTES\",\"data\":[\"\\ud83d\\ude00\",\"grün\"]}],"
                    + "\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":true}}]}",
            "{\"inputs\":[{\"name\":\"n\",\"shape\":[1,2],\"datatype\":\"UINT64\",\"data\":[18446744073709551615,0]},"
                    + "{\"name\":\"b\",\"shape\":[],\"datatype\":\"BOOL\",\"data\":[true]}],\"parameters\":{\"p\":[{}]}}",
            "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"INT16\",\"parameters\":{\"binary_data_size\":4}},"
                    + "{\"name\":\"t\",\"shape\":[1],\"datatype\":\"BYTES\",\"parameters\":{\"binary_data_size\":7}}],"
                    + "\"parameters\":{\"binary_data_output\":true}}\u0001\0\u0002\0\u0003\0\0\0abc");

    private static final List<String> PIECES = List.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\\u",
            "\\ud800",
            "null",
            "NaN",
            "-",
            "1e999",
            "[[[[",
            "0",
            "-1",
            "9223372036854775807",
            "\"shape\":[]",
            "\"data\":[]",
            "\"name\":\"x\"",
            "BYTES",
            "BF16",
            "\0",
            "\u00ff",
            "\u00c3",
            "\"binary_data_size\":2147483647",
            "\"binary_data_size\":-1",
            ".",
            "e",
            " ",
            "1.0",
            "1".repeat(500));

    @Test
    void anyBytesAreReadOrRefused() {
        long seed = Long.getLong("presage.seed", System.nanoTime());
        var random = new SplittableRandom(seed);
        var reader = new InferRequestReader(LIMITS, TensorAllocator.HEAP);
        int read = 0;
        for (int i = 0; i < CASES; i++) {
            byte[] body = mutate(SEEDS.get(random.nextInt(SEEDS.size())).getBytes(ISO_8859_1), random);
            int jsonLength = jsonLength(body, random);
            try {
                if (isRead(reader, body, jsonLength)) {
                    read++;
                }
                isReadAsResponse(body, jsonLength);
            } catch (Throwable e) {
                throw new AssertionError(
                        "case " + i + ", replay with -Dpresage.seed=" + seed + ": jsonLength " + jsonLength + " "
                                + new String(body, ISO_8859_1),
                        e);
            }
        }
        assertThat(read).as("cases that are still valid requests").isBetween(CASES / 100, CASES);
    }

    private static boolean isRead(InferRequestReader reader, byte[] body, int jsonLength) {
        try {
            var request = reader.read(body, 0, body.length, jsonLength);
            assertThat(request.inputs().size()).isLessThanOrEqualTo(LIMITS.tensorsMax());
            return true;
        } catch (ProblemException e) {
            assertThat(e.problem()).isIn(Problem.INVALID_REQUEST, Problem.INVALID_TENSOR, Problem.BODY_TOO_LARGE);
            assertThat(e.detail().length()).as(e.detail()).isLessThan(400);
            return false;
        }
    }

    private static boolean isReadAsResponse(byte[] body, int jsonLength) {
        byte[] response = new String(body, ISO_8859_1)
                .replace("\"inputs\"", "\"model_name\":\"m\",\"outputs\"")
                .getBytes(ISO_8859_1);
        try {
            InferResponseReader.read(response, jsonLength < 0 ? -1 : jsonLength + response.length - body.length);
            return true;
        } catch (ProblemException _) {
            return false;
        }
    }

    static byte[] mutate(byte[] body, SplittableRandom random) {
        byte[] mutated = body;
        for (int i = random.nextInt(4); i > 0; i--) {
            int at = random.nextInt(mutated.length + 1);
            int to = Math.min(mutated.length, at + random.nextInt(6));
            mutated = switch (random.nextInt(5)) {
                case 0 ->
                    splice(
                            mutated,
                            at,
                            to,
                            PIECES.get(random.nextInt(PIECES.size())).getBytes(ISO_8859_1));
                case 1 ->
                    splice(
                            mutated,
                            at,
                            at,
                            PIECES.get(random.nextInt(PIECES.size())).getBytes(ISO_8859_1));
                case 2 -> splice(mutated, at, to, new byte[0]);
                case 3 ->
                    splice(mutated, at, Math.min(mutated.length, at + 1), new byte[] {(byte) random.nextInt(256)});
                default -> {
                    int from = random.nextInt(mutated.length + 1);
                    int length = Math.min(mutated.length - from, random.nextInt(40));
                    yield splice(mutated, at, at, Arrays.copyOfRange(mutated, from, from + length));
                }
            };
        }
        return mutated;
    }

    private static byte[] splice(byte[] body, int from, int to, byte[] piece) {
        var spliced = new ByteArrayOutputStream(body.length + piece.length);
        spliced.write(body, 0, from);
        spliced.writeBytes(piece);
        spliced.write(body, to, body.length - to);
        return spliced.toByteArray();
    }

    /// Mostly where the JSON ends, sometimes anywhere.
    private static int jsonLength(byte[] body, SplittableRandom random) {
        int dice = random.nextInt(10);
        if (dice == 0) {
            return random.nextInt(body.length + 3);
        }
        int binary = new String(body, ISO_8859_1).indexOf("}\u0001\0");
        return binary < 0 ? -1 : binary + 1;
    }
}
