package io.presage.worker.tasks;

import static io.presage.worker.tasks.Rejection.messageOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.contract.problem.ProblemException;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PictureTest {
    private static final int MAX = 40_000_000;

    @ParameterizedTest
    @ValueSource(
            ints = {
                BufferedImage.TYPE_INT_RGB,
                BufferedImage.TYPE_3BYTE_BGR,
                BufferedImage.TYPE_INT_ARGB,
                BufferedImage.TYPE_BYTE_INDEXED
            })
    void scaled_colouredPng_keepsColours(int type) {
        byte[] png = PicturesForTests.encode(PicturesForTests.flag(8, 5, type), "png");

        float[] pixels = Picture.read("image[0]", png, MAX).scaled(8, 5);

        assertThat(pixel(pixels, 8, 0, 0)).containsExactly(0, 255, 0);
        assertThat(pixel(pixels, 8, 1, 2)).containsExactly(255, 0, 0);
        assertThat(pixel(pixels, 8, 6, 4)).containsExactly(0, 0, 255);
    }

    @Test
    void scaled_jpeg_keepsColoursNearly() {
        byte[] jpeg = PicturesForTests.encode(PicturesForTests.flag(64, 64, BufferedImage.TYPE_INT_RGB), "jpeg");

        float[] pixels = Picture.read("image[0]", jpeg, MAX).scaled(64, 64);

        assertThat(pixel(pixels, 64, 8, 40)[0]).isCloseTo(255, within(4f));
        assertThat(pixel(pixels, 64, 8, 40)[2]).isCloseTo(0, within(4f));
    }

    @ParameterizedTest
    @ValueSource(ints = {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY})
    void scaled_greyPng_keepsValuesAsStored(int type) {
        BufferedImage grey = new BufferedImage(4, 4, type);
        int stored = type == BufferedImage.TYPE_BYTE_GRAY ? 100 : 100 * 257;
        for (int i = 0; i < 16; i++) {
            grey.getRaster().setSample(i % 4, i / 4, 0, stored);
        }

        float[] pixels = Picture.read("image[0]", PicturesForTests.encode(grey, "png"), MAX)
                .scaled(2, 2);

        for (float value : pixels) {
            assertThat(value).isCloseTo(100, within(0.01f));
        }
    }

    @Test
    void scaled_bitmapPng_isBlackAndWhite() {
        BufferedImage bitmap = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
        bitmap.setRGB(1, 0, 0xFFFFFFFF);

        float[] pixels = Picture.read("image[0]", PicturesForTests.encode(bitmap, "png"), MAX)
                .scaled(2, 1);

        assertThat(pixels).containsExactly(0, 0, 0, 255, 255, 255);
    }

    @Test
    void scaled_transparentPng_liesOnWhite() {
        BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00FF0000);

        assertThat(Picture.read("image[0]", PicturesForTests.encode(image, "png"), MAX)
                        .scaled(1, 1))
                .containsExactly(255, 255, 255);
    }

    @Test
    void scaled_smaller_isTheMeanOfWhatLiesUnder() {
        BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(0, 0, 0, 30);
        image.getRaster().setSample(1, 0, 0, 60);
        image.getRaster().setSample(2, 0, 0, 90);

        float[] pixels = Picture.read("image[0]", PicturesForTests.encode(image, "png"), MAX)
                .scaled(2, 1);

        assertThat(pixels[0]).isCloseTo(40, within(0.01f));
        assertThat(pixels[3]).isCloseTo(80, within(0.01f));
    }

    @Test
    void scaled_larger_isLinearInBetween() {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(1, 0, 0, 100);

        float[] pixels = Picture.read("image[0]", PicturesForTests.encode(image, "png"), MAX)
                .scaled(4, 1);

        assertThat(pixels[0]).isCloseTo(0, within(0.01f));
        assertThat(pixels[3]).isCloseTo(25, within(0.01f));
        assertThat(pixels[6]).isCloseTo(75, within(0.01f));
        assertThat(pixels[9]).isCloseTo(100, within(0.01f));
    }

    @Test
    void read_large_isThinnedButKeepsItsSize() {
        byte[] png = PicturesForTests.encode(new BufferedImage(4000, 2000, BufferedImage.TYPE_BYTE_BINARY), "png");

        Picture picture = Picture.read("image[0]", png, MAX);

        assertThat(picture.width()).isEqualTo(4000);
        assertThat(picture.height()).isEqualTo(2000);
        assertThat(picture.step()).isEqualTo(2);
        assertThat(picture.pixels().getWidth()).isEqualTo(2000);
    }

    @Test
    void read_progressiveJpeg_isRead() {
        byte[] jpeg = PicturesForTests.progressiveJpeg(PicturesForTests.flag(64, 64, BufferedImage.TYPE_INT_RGB));

        assertThat(Picture.read("image[0]", jpeg, MAX).width()).isEqualTo(64);
    }

    @Test
    void read_claimsTooManyPixels_isRefusedByItsHeader() {
        byte[] bomb = PicturesForTests.png(20_000, 20_000, new byte[0]);

        messageOf(() -> Picture.read("image[3]", bomb, MAX))
                .isEqualTo(
                        "image[3]: 20000 x 20000 = 400000000 pixels (expected: at most 40000000, and 30000 on a side)");
    }

    @Test
    void read_claimsTooLongASide_isRefusedByItsHeader() {
        byte[] ribbon = PicturesForTests.png(40_000, 1, new byte[0]);

        messageOf(() -> Picture.read("image[0]", ribbon, MAX))
                .contains("40000 x 1")
                .contains("30000 on a side");
    }

    @Test
    void read_claimsMoreThanItHolds_isRefused() {
        byte[] hollow = PicturesForTests.png(5_000, 5_000, new byte[] {1, 2, 3});

        messageOf(() -> Picture.read("image[0]", hollow, MAX)).startsWith("image[0]: broken PNG: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpeg"})
    void read_cutOff_isRefused(String format) {
        byte[] whole = PicturesForTests.encode(PicturesForTests.flag(64, 64, BufferedImage.TYPE_INT_RGB), format);
        for (int length : new int[] {12, 40, whole.length / 2, whole.length * 3 / 4}) {
            byte[] cut = Arrays.copyOf(whole, length);
            messageOf(() -> Picture.read("image[0]", cut, MAX)).startsWith("image[0]: broken ");
        }
    }

    @Test
    void read_otherBytes_areRefused() {
        messageOf(() -> Picture.read("image[0]", new byte[] {'G', 'I', 'F', '8'}, MAX))
                .contains("neither a JPEG nor a PNG");
    }

    /// Whatever the bytes are: a picture or a caller's problem, nothing else.
    @ParameterizedTest
    @ValueSource(strings = {"png", "jpeg"})
    void read_damaged_isAPictureOrACallersProblem(String format) {
        byte[] whole = PicturesForTests.encode(PicturesForTests.flag(40, 30, BufferedImage.TYPE_INT_RGB), format);
        long seed = 20261121;
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 2_000; round++) {
            byte[] damaged = whole.clone();
            for (int i = 0; i <= round % 4; i++) {
                damaged[3 + random.nextInt(damaged.length - 3)] = (byte) random.nextInt(256);
            }
            try {
                Picture.read("image[0]", damaged, MAX).scaled(8, 8);
            } catch (ProblemException e) {
                refused++;
                assertThat(e.detail()).as("seed %d round %d", seed, round).startsWith("image[0]: ");
            }
        }
        assertThat(refused).isPositive();
    }

    private static float[] pixel(float[] pixels, int width, int x, int y) {
        int at = (y * width + x) * 3;
        return Arrays.copyOfRange(pixels, at, at + 3);
    }
}
