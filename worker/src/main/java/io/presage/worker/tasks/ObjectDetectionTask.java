package io.presage.worker.tasks;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.LoadException;
import java.util.ArrayList;
import java.util.List;

/// `object-detection`: `image` BYTES `[1]`, JPEG or PNG, to `boxes` FP32 `[k, 4]` (x1, y1, x2, y2 in pixels of
/// the picture that was sent, cut at its edges), `scores` FP32 `[k]` and `labels` BYTES `[k]`, the surest
/// first; k may be 0.
final class ObjectDetectionTask implements Task {
    static final String NAME = "object-detection";

    private static final Signature SIGNATURE = new Signature(
            List.of(new TensorSpec("image", DataType.BYTES, Shape.of(1))),
            List.of(
                    new TensorSpec("boxes", DataType.FP32, Shape.of(-1, 4)),
                    new TensorSpec("scores", DataType.FP32, Shape.of(-1)),
                    new TensorSpec("labels", DataType.BYTES, Shape.of(-1))),
            false);

    private final PictureInput pictures;
    private final Anchors anchors;
    private final Manifest.Detection settings;
    private final List<String> labels;

    private ObjectDetectionTask(PictureInput pictures, Anchors anchors, Manifest manifest) {
        this.pictures = pictures;
        this.anchors = anchors;
        this.settings = manifest.detection();
        this.labels = manifest.labels();
    }

    static Task create(ModelPackage modelPackage, Signature model) throws LoadException {
        Manifest manifest = modelPackage.manifest();
        PictureInput pictures = PictureInput.create(NAME, manifest, model);
        Manifest.Detection settings = manifest.detection();
        Anchors anchors = switch (settings.anchors()) {
            case "blazeface" ->
                Anchors.BlazeFace.of(
                                model,
                                manifest.image().width(),
                                manifest.image().height())
                        .orElseThrow(() -> Misfit.tensors(NAME, model, Anchors.BlazeFace.NEEDS));
            default ->
                throw Misfit.manifest(
                        "detection.anchors: '" + settings.anchors() + "' (expected: blazeface)",
                        "Name the decoding in model.yaml, or use the task `tensor` and decode in the client.");
        };
        return new ObjectDetectionTask(pictures, anchors, manifest);
    }

    @Override
    public Signature signature() {
        return SIGNATURE;
    }

    @Override
    public boolean isLight() {
        return false;
    }

    @Override
    public Prepared prepare(List<Tensor> inputs) {
        PictureInput.Placed placed = pictures.read(inputs.getFirst());
        return new Prepared(List.of(placed.tensor()), 1, 0, placed.places().getFirst());
    }

    @Override
    public List<Tensor> finish(Prepared prepared, List<Tensor> outputs) {
        PictureInput.Place place = (PictureInput.Place) prepared.context();
        List<Box> found = Box.surest(anchors.boxes(outputs, settings.scoreMin()), settings.iouMax());
        float[] corners = new float[found.size() * 4];
        float[] scores = new float[found.size()];
        List<String> names = new ArrayList<>(found.size());
        for (int i = 0; i < found.size(); i++) {
            Box box = found.get(i);
            corners[4 * i] = inPicture(box.x1(), place.left(), place.scaleX(), place.width());
            corners[4 * i + 1] = inPicture(box.y1(), place.top(), place.scaleY(), place.height());
            corners[4 * i + 2] = inPicture(box.x2(), place.left(), place.scaleX(), place.width());
            corners[4 * i + 3] = inPicture(box.y2(), place.top(), place.scaleY(), place.height());
            scores[i] = (float) box.score();
            names.add(box.label() < labels.size() ? labels.get(box.label()) : Integer.toString(box.label()));
        }
        return List.of(
                Numbers.floats("boxes", Shape.of(found.size(), 4), corners),
                Numbers.floats("scores", Shape.of(found.size()), scores),
                Numbers.texts("labels", names));
    }

    private static float inPicture(double modelPixel, double offset, double scale, int size) {
        return (float) Math.clamp((modelPixel - offset) / scale, 0, size);
    }
}
