package io.presage.worker.tasks;

import static io.presage.worker.tasks.Rejection.failureOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.LoadException;
import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ObjectDetectionTaskTest {
    private static final Signature MODEL = new Signature(
            List.of(new TensorSpec("input", DataType.FP32, Shape.of(1, 128, 128, 3))),
            List.of(
                    new TensorSpec("coarse", DataType.FP32, Shape.of(1, 384, 1)),
                    new TensorSpec("fine", DataType.FP32, Shape.of(1, 512, 1)),
                    new TensorSpec("fineBoxes", DataType.FP32, Shape.of(1, 512, 16)),
                    new TensorSpec("coarseBoxes", DataType.FP32, Shape.of(1, 384, 16))),
            false);

    private final float[] coarse = new float[384];
    private final float[] fine = new float[512];
    private final float[] coarseBoxes = new float[384 * 16];
    private final float[] fineBoxes = new float[512 * 16];

    ObjectDetectionTaskTest() {
        Arrays.fill(coarse, -100);
        Arrays.fill(fine, -100);
    }

    @Test
    void finish_box_isInPixelsOfThePictureThatWasSent() throws LoadException {
        // Anchor 34 is the first one of cell (1, 1) of 16 x 16, whose centre is (12, 12) in the model's 128 x 128.
        fine[34] = 2;
        box(fineBoxes, 34, 4, 36, 20, 8);

        List<Tensor> answer = detect("letterbox", 256, 128);

        // The picture of 256 x 128 lies in rows 32 to 96 at half its size: model (6..26, 44..52).
        assertThat(floats(answer.get(0), 1, 4)).containsExactly(new float[] {12, 24, 52, 40}, within(0.01f));
        assertThat(floats(answer.get(1), 1)[0]).isCloseTo(0.8808f, within(1e-4f));
        assertThat(((Tensor.Bytes) answer.get(2)).elements()).containsExactly("face".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void finish_coarseGrid_hasSixAnchorsACell() throws LoadException {
        // Anchor 383 is the last one of cell (7, 7) of 8 x 8, whose centre is (120, 120).
        coarse[383] = 0;
        box(coarseBoxes, 383, 0, 0, 8, 8);

        assertThat(floats(detect("stretch", 128, 128).getFirst(), 1, 4)).containsExactly(116, 116, 124, 124);
    }

    @Test
    void finish_boxOverTheEdge_isCut() throws LoadException {
        fine[0] = 5;
        box(fineBoxes, 0, 0, 0, 40, 400);

        assertThat(floats(detect("stretch", 128, 128).getFirst(), 1, 4)).containsExactly(0, 0, 24, 128);
    }

    @Test
    void finish_overlappingBoxes_leaveTheSurest() throws LoadException {
        fine[0] = 1;
        box(fineBoxes, 0, 0, 0, 20, 20);
        fine[1] = 3;
        box(fineBoxes, 1, 1, 0, 20, 20);
        coarse[200] = 2;
        box(coarseBoxes, 200, 0, 0, 10, 10);

        List<Tensor> answer = detect("stretch", 128, 128);

        assertThat(floats(answer.get(1), 2)).containsExactly(new float[] {0.9526f, 0.8808f}, within(1e-4f));
    }

    @Test
    void finish_nothingFound_isNoRows() throws LoadException {
        fine[0] = -0.1f;

        List<Tensor> answer = detect("stretch", 128, 128);

        assertThat(answer.stream().map(tensor -> tensor.shape().toString())).containsExactly("[0, 4]", "[0]", "[0]");
    }

    @Test
    void overlap_isIntersectionOverUnion() {
        Box box = new Box(0, 0, 10, 10, 1, 0);

        assertThat(box.overlap(box)).isEqualTo(1);
        assertThat(box.overlap(new Box(5, 0, 15, 10, 1, 0))).isCloseTo(1 / 3.0, within(1e-9));
        assertThat(box.overlap(new Box(10, 0, 20, 10, 1, 0))).isZero();
        assertThat(new Box(5, 5, 5, 5, 1, 0).overlap(box)).isZero();
    }

    @Test
    void surest_otherClasses_doNotCompete() {
        Box face = new Box(0, 0, 10, 10, 0.6, 0);
        Box hand = new Box(0, 0, 10, 10, 0.9, 1);
        Box weaker = new Box(0, 0, 10, 9, 0.5, 0);

        assertThat(Box.surest(List.of(face, hand, weaker), 0.3)).containsExactly(hand, face);
    }

    @Test
    void create_unknownAnchors_areNamed() {
        ModelPackage unknown = Manifests.of(
                "object-detection",
                Manifests.image(128, 128, "NHWC", "RGB", "stretch"),
                new Manifest.Detection("yolo", 0.5, 0.3));

        failureOf(() -> Tasks.create(unknown, MODEL)).contains("detection.anchors: 'yolo' (expected: blazeface)");
    }

    @Test
    void create_modelWithOtherOutputs_saysBoth() {
        Signature other = new Signature(MODEL.inputs(), MODEL.outputs().subList(0, 3), false);

        failureOf(() -> Tasks.create(blazeface("stretch"), other))
                .startsWith("task-mismatch: task: object-detection needs outputs FP32 [1, 512, 1]");
    }

    private static void box(float[] boxes, int anchor, float x, float y, float width, float height) {
        System.arraycopy(new float[] {x, y, width, height}, 0, boxes, anchor * 16, 4);
    }

    private static ModelPackage blazeface(String resize) {
        return Manifests.of(
                "object-detection",
                Manifests.image(128, 128, "NHWC", "RGB", resize),
                new Manifest.Detection("blazeface", 0.5, 0.3),
                "face");
    }

    private List<Tensor> detect(String resize, int width, int height) throws LoadException {
        Task task = Tasks.create(blazeface(resize), MODEL);
        byte[] png = PicturesForTests.encode(PicturesForTests.flag(width, height, BufferedImage.TYPE_INT_RGB), "png");
        Task.Prepared prepared = task.prepare(List.of(new Tensor.Bytes("image", Shape.of(1), List.of(png))));
        return task.finish(
                prepared,
                List.of(
                        Numbers.floats("coarse", Shape.of(1, 384, 1), coarse),
                        Numbers.floats("fine", Shape.of(1, 512, 1), fine),
                        Numbers.floats("fineBoxes", Shape.of(1, 512, 16), fineBoxes),
                        Numbers.floats("coarseBoxes", Shape.of(1, 384, 16), coarseBoxes)));
    }

    private static float[] floats(Tensor tensor, long... dims) {
        return Numbers.floats(tensor, Shape.of(dims));
    }
}
