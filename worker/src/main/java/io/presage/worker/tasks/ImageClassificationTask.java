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

/// `image-classification`: `image` BYTES `[-1]`, JPEG or PNG, to `label` BYTES `[-1]` and `score` FP32 `[-1]`
/// of the best class and `scores` FP32 `[-1, C]` of all. For models with one picture input and an output FP32
/// `[-1, C]`.
final class ImageClassificationTask implements Task {
    static final String NAME = "image-classification";

    private final PictureInput pictures;
    private final List<String> labels;
    private final boolean softmax;
    private final int output;
    private final Signature signature;

    private ImageClassificationTask(
            PictureInput pictures, Manifest manifest, Signature model, int output, int classes) {
        this.pictures = pictures;
        this.labels = manifest.labels();
        this.softmax = manifest.image().softmax();
        this.output = output;
        signature = new Signature(
                List.of(new TensorSpec("image", DataType.BYTES, Shape.of(model.batchable() ? -1 : 1))),
                List.of(
                        new TensorSpec("label", DataType.BYTES, Shape.of(-1)),
                        new TensorSpec("score", DataType.FP32, Shape.of(-1)),
                        new TensorSpec("scores", DataType.FP32, Shape.of(-1, classes))),
                model.batchable());
    }

    static Task create(ModelPackage modelPackage, Signature model) throws LoadException {
        Manifest manifest = modelPackage.manifest();
        PictureInput pictures = PictureInput.create(NAME, manifest, model);
        int output = 0;
        while (output < model.outputs().size() && !isScores(model.outputs().get(output))) {
            output++;
        }
        if (output == model.outputs().size()) {
            throw Misfit.tensors(NAME, model, "an output FP32 [-1, classes] with a fixed number of classes");
        }
        int classes = Math.toIntExact(model.outputs().get(output).shape().getLast());
        if (!manifest.labels().isEmpty() && manifest.labels().size() != classes) {
            throw Misfit.manifest(
                    "labels: %d names (expected: %d, the classes of output %s)"
                            .formatted(
                                    manifest.labels().size(),
                                    classes,
                                    model.outputs().get(output).name()),
                    "Name every class in model.yaml, in the order of the output, or none.");
        }
        return new ImageClassificationTask(pictures, manifest, model, output, classes);
    }

    private static boolean isScores(TensorSpec spec) {
        return Misfit.is(spec, DataType.FP32, 2) && spec.shape().getLast() > 0;
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public boolean isLight() {
        return false;
    }

    @Override
    public Prepared prepare(List<Tensor> inputs) {
        PictureInput.Placed placed = pictures.read(inputs.getFirst());
        return new Prepared(List.of(placed.tensor()), placed.places().size(), 0, placed.places());
    }

    @Override
    public List<Tensor> finish(Prepared prepared, List<Tensor> outputs) {
        int rows = prepared.rows();
        int classes = Math.toIntExact(signature.outputs().getLast().shape().getLast());
        float[] scores = Numbers.floats(outputs.get(output), Shape.of(rows, classes));
        float[] best = new float[rows];
        List<String> names = new ArrayList<>(rows);
        for (int row = 0; row < rows; row++) {
            int from = row * classes;
            if (softmax) {
                softmax(scores, from, classes);
            }
            int winner = 0;
            for (int i = 1; i < classes; i++) {
                winner = scores[from + i] > scores[from + winner] ? i : winner;
            }
            best[row] = scores[from + winner];
            names.add(labels.isEmpty() ? Integer.toString(winner) : labels.get(winner));
        }
        return List.of(
                Numbers.texts("label", names),
                Numbers.floats("score", Shape.of(rows), best),
                Numbers.floats("scores", Shape.of(rows, classes), scores));
    }

    private static void softmax(float[] values, int from, int size) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + size; i++) {
            max = Math.max(max, values[i]);
        }
        double sum = 0;
        for (int i = from; i < from + size; i++) {
            values[i] = (float) Math.exp(values[i] - max);
            sum += values[i];
        }
        for (int i = from; i < from + size; i++) {
            values[i] = (float) (values[i] / sum);
        }
    }
}
