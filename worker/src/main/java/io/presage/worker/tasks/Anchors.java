package io.presage.worker.tasks;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// How a detector's raw outputs become boxes in pixels of the model's input; `detection.anchors` of model.yaml
/// names one. A further kind of detector is one more implementation. Pure; any thread.
interface Anchors {
    /// Boxes of one picture with a score of at least `scoreMin`, not yet thinned out.
    List<Box> boxes(List<Tensor> outputs, double scoreMin);

    /// MediaPipe BlazeFace (short and full range): square grids of anchors at the cells' centres, 2 in each
    /// cell of the fine grid and 6 in each of the coarse one; for each anchor a logit, and 16 numbers of which
    /// the first four are the box's centre relative to the anchor and its size, in pixels of the input. Source:
    /// Bazarevsky et al., "BlazeFace", arXiv:1907.05047; MediaPipe's `SsdAnchorsCalculator`.
    record BlazeFace(int width, int height, List<Grid> grids) implements Anchors {
        private static final int NUMBERS = 16;
        static final String NEEDS = "outputs FP32 [1, 512, 1], [1, 512, 16], [1, 384, 1] and [1, 384, 16]";

        /// @param scores index of the output with the logits
        /// @param boxes index of the output with the numbers
        record Grid(int cells, int perCell, int scores, int boxes) {
            int count() {
                return cells * cells * perCell;
            }
        }

        /// Empty if the model's outputs are others.
        static Optional<Anchors> of(Signature model, int width, int height) {
            List<Grid> grids = new ArrayList<>();
            for (Grid shape : List.of(new Grid(16, 2, 0, 0), new Grid(8, 6, 0, 0))) {
                int scores = output(model, Shape.of(1, shape.count(), 1));
                int boxes = output(model, Shape.of(1, shape.count(), NUMBERS));
                if (scores < 0 || boxes < 0) {
                    return Optional.empty();
                }
                grids.add(new Grid(shape.cells, shape.perCell, scores, boxes));
            }
            return Optional.of(new BlazeFace(width, height, List.copyOf(grids)));
        }

        private static int output(Signature model, Shape shape) {
            for (int i = 0; i < model.outputs().size(); i++) {
                TensorSpec spec = model.outputs().get(i);
                if (spec.datatype() == DataType.FP32 && Misfit.shape(spec).accepts(shape)) {
                    return i;
                }
            }
            return -1;
        }

        @Override
        public List<Box> boxes(List<Tensor> outputs, double scoreMin) {
            List<Box> found = new ArrayList<>();
            for (Grid grid : grids) {
                float[] logits = Numbers.floats(outputs.get(grid.scores), Shape.of(1, grid.count(), 1));
                float[] numbers = Numbers.floats(outputs.get(grid.boxes), Shape.of(1, grid.count(), NUMBERS));
                for (int i = 0; i < grid.count(); i++) {
                    double score = 1 / (1 + Math.exp(-logits[i]));
                    if (score >= scoreMin) {
                        int cell = i / grid.perCell;
                        double x = (cell % grid.cells + 0.5) / grid.cells * width + numbers[i * NUMBERS];
                        double y = (cell / grid.cells + 0.5) / grid.cells * height + numbers[i * NUMBERS + 1];
                        double halfWidth = numbers[i * NUMBERS + 2] / 2.0;
                        double halfHeight = numbers[i * NUMBERS + 3] / 2.0;
                        found.add(new Box(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, 0));
                    }
                }
            }
            return found;
        }
    }
}
