package io.presage.contract.infer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// OpenAI's and TensorFlow Serving's bodies, broken in every way: read, or refused with a problem of the
/// caller's.
class OtherCodecsFuzzTest {
    private static final int CASES = 100_000;
    private static final CodecLimits LIMITS = new CodecLimits(4096, 8, 8, 64);
    private static final Signature SIGNATURE = new Signature(
            List.of(
                    new TensorSpec("x", DataType.FP32, Shape.of(-1, 2)),
                    new TensorSpec("t", DataType.BYTES, Shape.of(-1)),
                    new TensorSpec("n", DataType.INT64, Shape.of(-1, -1, 1))),
            List.of(),
            true);
    private static final Signature ONE =
            new Signature(List.of(new TensorSpec("x", DataType.BYTES, Shape.of(-1, -1))), List.of(), true);

    private static final List<String> EMBEDDINGS = List.of(
            "{\"model\":\"m\",\"input\":\"text\",\"encoding_format\":\"base64\",\"dimensions\":3}",
            "{\"input\":[\"a\",\"gr\\u00fcn\"],\"user\":\"u\",\"encoding_format\":\"float\"}",
            "{\"input\":[[1,2],[3]],\"model\":\"m\"}",
            "{\"input\":[1,2,3]}");
    private static final List<String> PREDICT = List.of(
            "{\"signature_name\":\"serving_default\",\"instances\":[{\"x\":[1,2.5],\"t\":\"a\",\"n\":[[1]]},"
                    + "{\"x\":[-3e2,NaN],\"t\":{\"b64\":\"aGVsbG8=\"},\"n\":[[2]]}]}",
            "{\"inputs\":{\"x\":[[1,2]],\"t\":[\"b\"],\"n\":[[[1],[2]]]}}",
            "{\"instances\":[[\"a\",{\"b64\":\"aGVsbG8=\"}],[\"b\",\"c\"]]}",
            "{\"inputs\":[[\"a\"],[\"b\"]]}");

    @Test
    void embeddings() {
        fuzz(EMBEDDINGS, body -> EmbeddingsReader.read(LIMITS, body, 0, body.length));
    }

    @Test
    void modelMember() {
        fuzz(EMBEDDINGS, body -> TopMember.text(body, body.length, body.length % 2 == 0, "model"));
    }

    @Test
    void predictOfSeveralInputs() {
        fuzz(PREDICT, body -> PredictReader.read(LIMITS, TensorAllocator.HEAP, body, 0, body.length, SIGNATURE));
    }

    @Test
    void predictOfOneInput() {
        fuzz(PREDICT, body -> PredictReader.read(LIMITS, TensorAllocator.HEAP, body, 0, body.length, ONE));
    }

    private static void fuzz(List<String> seeds, Consumer<byte[]> reader) {
        long seed = Long.getLong("presage.seed", System.nanoTime());
        var random = new SplittableRandom(seed);
        int read = 0;
        for (int i = 0; i < CASES; i++) {
            byte[] body =
                    CodecFuzzTest.mutate(seeds.get(random.nextInt(seeds.size())).getBytes(ISO_8859_1), random);
            try {
                reader.accept(body);
                read++;
            } catch (ProblemException e) {
                assertThat(e.problem()).isIn(Problem.INVALID_REQUEST, Problem.INVALID_TENSOR, Problem.BODY_TOO_LARGE);
                assertThat(e.detail().length()).as(e.detail()).isLessThan(400);
            } catch (Throwable e) {
                throw new AssertionError(
                        "case " + i + ", replay with -Dpresage.seed=" + seed + ": " + new String(body, ISO_8859_1), e);
            }
        }
        assertThat(read).as("cases that are still valid").isBetween(CASES / 100, CASES);
    }
}
