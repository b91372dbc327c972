package io.presage.worker.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.infer.Inflation.Inflated;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Which coding is meant, and that packing and unpacking are each other's opposite, within bounds.
class ContentCodingTest {
    private static final int BYTES_MAX = 1 << 20;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "none | IDENTITY",
                "'' | IDENTITY",
                "gzip | GZIP",
                "GZip | GZIP",
                "deflate | DEFLATE",
                "gzip, deflate | GZIP",
                "deflate, gzip | GZIP",
                "gzip, deflate, br, zstd | GZIP",
                "x-gzip | GZIP",
                "br | IDENTITY",
                "* | GZIP",
                "gzip;q=0, * | DEFLATE",
                "gzip;q=0.5, deflate;q=0.8 | DEFLATE",
                "gzip; q=0.5 , deflate ; Q=0.499 | GZIP",
                "gzip;q=0, deflate;q=0.000 | IDENTITY",
                "identity, gzip;q=0.5 | IDENTITY",
                "identity;q=0.5, gzip;q=1.0 | GZIP",
                "identity;q=0, gzip | GZIP",
                "gzip;q=nonsense | IDENTITY",
                "gzip;q=12 | IDENTITY",
                "gzip;level=1 | IDENTITY",
                ",,; | IDENTITY",
            })
    void theLikedCodingIsTheHeaviest(String acceptEncoding, ContentCoding liked) {
        assertThat(ContentCoding.liked(acceptEncoding)).isEqualTo(liked);
    }

    @Test
    void oneCodingIsNamed() {
        assertThat(ContentCoding.named(null)).isEqualTo(ContentCoding.IDENTITY);
        assertThat(ContentCoding.named("Identity")).isEqualTo(ContentCoding.IDENTITY);
        assertThat(ContentCoding.named("GZIP")).isEqualTo(ContentCoding.GZIP);
        assertThat(ContentCoding.named("x-gzip")).isEqualTo(ContentCoding.GZIP);
        assertThat(ContentCoding.named("deflate")).isEqualTo(ContentCoding.DEFLATE);
        assertThat(ContentCoding.named("br")).isNull();
        assertThat(ContentCoding.named("gzip,gzip")).isNull();
    }

    private static byte[] text(int bytes) {
        var text = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            text[i] = (byte) ("0.125,".charAt(i % 6) + i / 4096 % 3);
        }
        return text;
    }

    private static byte[] packed(ContentCoding coding, byte[] body) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = coding == ContentCoding.GZIP ? new GZIPOutputStream(bytes) : new DeflaterOutputStream(bytes)) {
            out.write(body);
        }
        return bytes.toByteArray();
    }

    private static byte[] inflate(ContentCoding coding, byte[] packed) {
        Inflated inflated = Inflation.inflate(coding, packed, packed.length, BYTES_MAX, _ -> {});
        return Arrays.copyOf(inflated.bytes(), inflated.length());
    }

    private static void assertRefused(ContentCoding coding, byte[] packed, Problem problem) {
        var refusal = catchThrowableOfType(ProblemException.class, () -> inflate(coding, packed));
        assertThat(refusal).isNotNull();
        assertThat(refusal.problem()).as(refusal.detail()).isEqualTo(problem);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "IDENTITY")
    void whatIsPacked_isUnpacked(ContentCoding coding) throws IOException {
        for (int bytes : new int[] {0, 1, 4095, 16 << 10, 100_000, BYTES_MAX}) {
            assertThat(inflate(coding, packed(coding, text(bytes)))).isEqualTo(text(bytes));
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "IDENTITY")
    void whatUnpacksToTooMuch_isRefusedBeforeItIsHeld(ContentCoding coding) throws IOException {
        assertRefused(coding, packed(coding, text(BYTES_MAX + 1)), Problem.BODY_TOO_LARGE);

        var bomb = packed(coding, new byte[200 << 20]);
        var reserved = new ArrayList<Integer>();
        var refusal = catchThrowableOfType(
                ProblemException.class, () -> Inflation.inflate(coding, bomb, bomb.length, BYTES_MAX, reserved::add));
        assertThat(refusal.problem()).isEqualTo(Problem.BODY_TOO_LARGE);
        assertThat(reserved.stream().mapToInt(Integer::intValue).sum()).isEqualTo(BYTES_MAX + 1);
    }

    @Test
    void whatIsNotPackedSo_isRefused() throws IOException {
        var gzip = packed(ContentCoding.GZIP, text(10_000));
        var zlib = packed(ContentCoding.DEFLATE, text(10_000));
        for (var body : List.of(new byte[0], "{}".getBytes(), zlib, Arrays.copyOf(gzip, gzip.length / 2))) {
            assertRefused(ContentCoding.GZIP, body, Problem.INVALID_REQUEST);
        }
        var wrongChecksum = gzip.clone();
        wrongChecksum[gzip.length - 5] ^= 1;
        assertRefused(ContentCoding.GZIP, wrongChecksum, Problem.INVALID_REQUEST);
        for (var body : List.of(
                new byte[0],
                "{}".getBytes(),
                gzip,
                Arrays.copyOf(zlib, zlib.length / 2),
                Arrays.copyOf(zlib, zlib.length + 1))) {
            assertRefused(ContentCoding.DEFLATE, body, Problem.INVALID_REQUEST);
        }
    }

    @Test
    void room_isAskedForBeforeItIsTaken() throws IOException {
        var packed = packed(ContentCoding.GZIP, text(500_000));
        var full = new ProblemException(Problem.OVERLOADED, "no room");
        var refusal = catchThrowableOfType(
                ProblemException.class,
                () -> Inflation.inflate(ContentCoding.GZIP, packed, packed.length, BYTES_MAX, _ -> {
                    throw full;
                }));
        assertThat(refusal).isSameAs(full);
    }

    @Test
    void answers_arePackedAsTheirCodingSays() throws IOException {
        var body = text(50_000);
        var reply = Reply.answer(body, body.length, 17, "3", 2, 0);

        var gzip = Deflation.pack(reply, ContentCoding.GZIP);
        assertThat(new GZIPInputStream(new ByteArrayInputStream(gzip.body().getBytes())).readAllBytes())
                .isEqualTo(body);
        assertThat(gzip.coding()).isEqualTo(ContentCoding.GZIP);
        assertThat(gzip.jsonLength()).isEqualTo(17);
        assertThat(gzip.rows()).isEqualTo(2);
        assertThat(gzip.body().length()).isLessThan(body.length / 2);

        var zlib = Deflation.pack(reply, ContentCoding.DEFLATE);
        assertThat(new InflaterInputStream(new ByteArrayInputStream(zlib.body().getBytes())).readAllBytes())
                .isEqualTo(body);
    }

    @Test
    void answersThatWouldGrow_stayAsTheyAre() {
        var noise = new byte[2000];
        new java.util.SplittableRandom(1).nextBytes(noise);
        var reply = Reply.answer(noise, noise.length, -1, "3", 1, 0);
        assertThat(Deflation.pack(reply, ContentCoding.GZIP)).isSameAs(reply);
        assertThat(Deflation.pack(reply, ContentCoding.DEFLATE)).isSameAs(reply);
        var tiny = Reply.answer(noise, 3, -1, "3", 1, 0);
        assertThat(Deflation.pack(tiny, ContentCoding.GZIP)).isSameAs(tiny);
    }
}
