package io.presage.worker.tasks;

import static io.presage.worker.tasks.Rejection.failureOf;
import static io.presage.worker.tasks.Rejection.messageOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.LoadException;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class ImageClassificationTaskTest {
    private static final byte[] FLAG =
            PicturesForTests.encode(PicturesForTests.flag(8, 4, BufferedImage.TYPE_INT_RGB), "png");

    @Test
    void prepare_nhwc_isRowsOfPixels() throws LoadException {
        float[] values = prepare(Manifests.image(8, 4, "NHWC", "RGB", "stretch"), Shape.of(-1, 4, 8, 3));

        assertThat(Arrays.copyOf(values, 3)).containsExactly(0, 1, 0);
        assertThat(Arrays.copyOfRange(values, 24, 27)).containsExactly(1, 0, 0);
    }

    @Test
    void prepare_nchw_isPlanes() throws LoadException {
        float[] values = prepare(Manifests.image(8, 4, "NCHW", "RGB", "stretch"), Shape.of(-1, 3, 4, 8));

        assertThat(values[8]).as("red of pixel (0, 1)").isEqualTo(1);
        assertThat(values[32 + 8]).as("green of pixel (0, 1)").isEqualTo(0);
        assertThat(values[32]).as("green of pixel (0, 0)").isEqualTo(1);
        assertThat(values[64 + 15]).as("blue of pixel (7, 1)").isEqualTo(1);
    }

    @Test
    void prepare_bgr_swapsRedAndBlue() throws LoadException {
        float[] values = prepare(Manifests.image(8, 4, "FLAT", "BGR", "stretch"), Shape.of(-1, 96));

        assertThat(Arrays.copyOfRange(values, 24, 27)).containsExactly(0, 0, 1);
    }

    @Test
    void prepare_gray_weighsTheColours() throws LoadException {
        float[] values = prepare(Manifests.image(8, 4, "NHWC", "GRAY", "stretch"), Shape.of(-1, 4, 8, 1));

        assertThat(values[0]).isCloseTo(0.587f, within(1e-4f));
        assertThat(values[8]).isCloseTo(0.299f, within(1e-4f));
        assertThat(values[15]).isCloseTo(0.114f, within(1e-4f));
    }

    @Test
    void prepare_letterbox_leavesBlackBars() throws LoadException {
        float[] values = prepare(Manifests.image(8, 8, "NHWC", "RGB", "letterbox"), Shape.of(-1, 8, 8, 3));

        assertThat(Arrays.copyOf(values, 2 * 24)).containsOnly(0);
        assertThat(Arrays.copyOfRange(values, 2 * 24, 2 * 24 + 3)).containsExactly(0, 1, 0);
        assertThat(Arrays.copyOfRange(values, 6 * 24, 8 * 24)).containsOnly(0);
    }

    @Test
    void prepare_meanAndStd_arePerChannel() throws LoadException {
        Manifest.Image image = new Manifest.Image(
                8, 4, "NHWC", "RGB", List.of(5.0, 55.0, 0.0), List.of(10.0, 100.0, 1.0), "stretch", false);

        assertThat(Arrays.copyOf(prepare(image, Shape.of(-1, 4, 8, 3)), 3)).containsExactly(-0.5f, 2, 0);
    }

    @Test
    void prepare_brokenRow_isNamed() throws LoadException {
        Task task = task(Manifests.image(8, 4, "NHWC", "RGB", "stretch"), Shape.of(-1, 4, 8, 3));
        byte[] broken = Base64.getEncoder().encode(Arrays.copyOf(FLAG, 50));

        messageOf(() -> task.prepare(pictures(FLAG, broken))).startsWith("image[1]: broken PNG: ");
    }

    @Test
    void prepare_picturesOfACallTogether_areBounded() throws LoadException {
        Task task = task(Manifests.image(8, 4, "NHWC", "RGB", "stretch"), Shape.of(-1, 4, 8, 3));
        byte[] large = PicturesForTests.png(6_000, 6_000, new byte[0]);
        byte[] small = PicturesForTests.encode(new BufferedImage(2_500, 2_000, BufferedImage.TYPE_BYTE_BINARY), "png");

        messageOf(() -> task.prepare(pictures(small, large)))
                .startsWith("image[1]: 6000 x 6000 = 36000000 pixels (expected: at most 35000000");
    }

    @Test
    void prepare_moreRowsThanABatchHolds_isRefused() throws LoadException {
        Task task = task(Manifests.image(8, 4, "NHWC", "RGB", "stretch"), Shape.of(-1, 4, 8, 3));
        byte[][] five = new byte[5][];
        Arrays.fill(five, FLAG);

        messageOf(() -> task.prepare(pictures(five))).isEqualTo("image: 5 rows (expected: 1..4)");
    }

    @Test
    void finish_namesTheBestClassOfEachRow() throws LoadException {
        Task task = task(Manifests.image(8, 4, "NHWC", "RGB", "stretch"), Shape.of(-1, 4, 8, 3));
        Task.Prepared prepared = task.prepare(pictures(FLAG, FLAG));

        List<Tensor> answer = task.finish(prepared, List.of(scores(2, 0.1f, 0.9f, 0, 0.7f, 0.2f, 0.1f)));

        assertThat(((Tensor.Bytes) answer.get(0)).elements()).containsExactly(bytes("dog"), bytes("cat"));
        assertThat(Numbers.floats(answer.get(1), Shape.of(2))).containsExactly(0.9f, 0.7f);
        assertThat(Numbers.floats(answer.get(2), Shape.of(2, 3))).containsExactly(0.1f, 0.9f, 0, 0.7f, 0.2f, 0.1f);
    }

    @Test
    void finish_softmax_makesProbabilities() throws LoadException {
        Manifest.Image image = new Manifest.Image(8, 4, "NHWC", "RGB", List.of(0.0), List.of(255.0), "stretch", true);
        Task task = task(image, Shape.of(-1, 4, 8, 3));

        List<Tensor> answer =
                task.finish(task.prepare(pictures(FLAG)), List.of(scores(1, 1000, 1000, 1000 + (float) Math.log(2))));

        assertThat(Numbers.floats(answer.get(2), Shape.of(1, 3)))
                .containsExactly(new float[] {0.25f, 0.25f, 0.5f}, within(1e-4f));
    }

    @Test
    void finish_otherShapeThanPromised_isTheModelsFault() throws LoadException {
        Task task = task(Manifests.image(8, 4, "NHWC", "RGB", "stretch"), Shape.of(-1, 4, 8, 3));
        Task.Prepared prepared = task.prepare(pictures(FLAG));

        Assertions.assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> task.finish(prepared, List.of(scores(2, 1, 2, 3, 4, 5, 6))))
                .matches(e -> e.problem() == Problem.ENGINE_FAILED)
                .withMessage("output scores: FP32 [2, 3] (expected: FP32 [1, 3])");
    }

    @Test
    void create_modelWithOtherInput_saysBoth() {
        failureOf(() -> task(Manifests.image(8, 4, "NHWC", "RGB", "stretch"), Shape.of(-1, 3, 4, 8)))
                .startsWith("task-mismatch: task: image-classification needs one input FP32 [-1, 4, 8, 3]")
                .contains("picture FP32 [-1, 3, 4, 8]");
    }

    @Test
    void create_badSettings_areNamed() {
        Shape shape = Shape.of(-1, 4, 8, 3);
        failureOf(() -> task(Manifests.image(8, 4, "CHWN", "RGB", "stretch"), shape))
                .contains("image.layout: 'CHWN'");
        failureOf(() -> task(Manifests.image(8, 4, "NHWC", "CMYK", "stretch"), shape))
                .contains("image.channels: 'CMYK'");
        failureOf(() -> task(Manifests.image(8, 4, "NHWC", "RGB", "crop"), shape))
                .contains("image.resize: 'crop'");
        failureOf(() -> task(
                        new Manifest.Image(8, 4, "NHWC", "RGB", List.of(0.0, 1.0), List.of(1.0), "stretch", false),
                        shape))
                .contains("image.mean: 2 numbers (expected: 1, or 3");
        failureOf(() -> task(
                        new Manifest.Image(8, 4, "NHWC", "RGB", List.of(0.0), List.of(0.0), "stretch", false), shape))
                .contains("image.std: [0.0]");
    }

    @Test
    void create_hugeInput_isRefused() {
        failureOf(() -> task(Manifests.image(4096, 4096, "NHWC", "RGB", "stretch"), Shape.of(-1, -1, -1, 3)))
                .isEqualTo(
                        "invalid-manifest: image: 4096 x 4096 x 3 in batches of up to 4 pictures are 201326592 numbers"
                                + " (expected: at most 67108864)");
    }

    @Test
    void create_labelsForOtherClasses_areRefused() {
        ModelPackage two = Manifests.of(
                "image-classification",
                Manifests.image(8, 4, "NHWC", "RGB", "stretch"),
                Manifest.Detection.DEFAULT,
                "cat",
                "dog");

        failureOf(() -> Tasks.create(two, model(Shape.of(-1, 4, 8, 3)))).contains("labels: 2 names (expected: 3");
    }

    private static float[] prepare(Manifest.Image image, Shape input) throws LoadException {
        Task.Prepared prepared = task(image, input).prepare(pictures(FLAG));
        assertThat(prepared.rows()).isEqualTo(1);
        return Numbers.floats(prepared.inputs().getFirst(), input.withDim(0, 1));
    }

    private static Task task(Manifest.Image image, Shape input) throws LoadException {
        return Tasks.create(
                Manifests.of("image-classification", image, Manifest.Detection.DEFAULT, "cat", "dog", "cow"),
                model(input));
    }

    private static Signature model(Shape input) {
        return new Signature(
                List.of(new TensorSpec("picture", DataType.FP32, input)),
                List.of(new TensorSpec("scores", DataType.FP32, Shape.of(-1, 3))),
                true);
    }

    private static Tensor scores(int rows, float... values) {
        return Numbers.floats("scores", Shape.of(rows, values.length / rows), values);
    }

    private static List<Tensor> pictures(byte[]... files) {
        return List.of(new Tensor.Bytes("image", Shape.of(files.length), List.of(files)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
