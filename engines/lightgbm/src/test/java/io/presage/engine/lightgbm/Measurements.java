package io.presage.engine.lightgbm;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The tumour data of examples/training: 30 measurements of each sample, and whether it is benign. Every fifth row
/// is held out.
record Measurements(List<float[]> rows, List<Float> labels) {
    static final int FEATURES = 30;
    private static final Path FILE = Path.of("../../examples/training/tumour/breast_cancer.csv");

    static Measurements training() {
        return read(false);
    }

    static Measurements heldOut() {
        return read(true);
    }

    private static Measurements read(boolean heldOut) {
        try {
            var lines = Files.readAllLines(FILE);
            var rows = new java.util.ArrayList<float[]>();
            var labels = new java.util.ArrayList<Float>();
            for (int line = 1; line < lines.size(); line++) {
                if ((line - 1) % 5 == 0 == heldOut) {
                    var cells = lines.get(line).split(",");
                    var row = new float[FEATURES];
                    for (int i = 0; i < FEATURES; i++) {
                        row[i] = Float.parseFloat(cells[i]);
                    }
                    rows.add(row);
                    labels.add(Float.parseFloat(cells[FEATURES]));
                }
            }
            return new Measurements(rows, labels);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int size() {
        return rows.size();
    }

    float[] flat() {
        var flat = new float[rows.size() * FEATURES];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(rows.get(i), 0, flat, i * FEATURES, FEATURES);
        }
        return flat;
    }

    float[] labelArray() {
        var array = new float[labels.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = labels.get(i);
        }
        return array;
    }

    Tensor tensor() {
        return tensor(flat());
    }

    static Tensor tensor(float[] flat) {
        var data = ByteBuffer.allocateDirect(flat.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(flat);
        return new Tensor.Fixed("features", DataType.FP32, Shape.of(flat.length / FEATURES, FEATURES), data);
    }

    /// The chance that a random benign sample scores above a random malignant one.
    double areaUnderCurve(double[] scores) {
        long pairs = 0;
        double wins = 0;
        for (int i = 0; i < scores.length; i++) {
            for (int j = 0; j < scores.length; j++) {
                if (labels.get(i) == 1 && labels.get(j) == 0) {
                    pairs++;
                    wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }
        return wins / pairs;
    }
}
