package tumour;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import onnx.DataSet;
import onnx.OnnxFile;

/// Trains the tumour classifier: logistic regression on 30 standardised measurements of a cell sample, by
/// Newton's method. No random numbers, and Java's arithmetic is the same everywhere: every run on every machine
/// writes the same bytes.
///
///     java examples/training/tumour/Train.java breast_cancer.csv model.onnx
final class Train {
    private static final String DATA_SHA256 = "fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed";
    private static final int FEATURES = 30;
    private static final double RIDGE = 1.0;
    private static final int NEWTON_STEPS = 25;

    public static void main(String[] arguments) throws IOException {
        DataSet data = DataSet.read(Path.of(arguments[0]), DATA_SHA256, FEATURES, true);
        Line line = fit(data.training());
        write(line, Path.of(arguments[1]));
        System.out.printf(
                "training rows %d accuracy %.4f%nheld-out rows %d accuracy %.4f%n",
                data.training().size(),
                accuracy(line, data.training()),
                data.heldOut().size(),
                accuracy(line, data.heldOut()));
    }

    /// The log-odds of class 1 (benign): `weights . features + bias`, on the measurements as they are.
    private record Line(double[] weights, double bias) {
        double logOdds(double[] features) {
            double sum = bias;
            for (int i = 0; i < weights.length; i++) {
                sum += weights[i] * features[i];
            }
            return sum;
        }
    }

    private static Line fit(DataSet data) {
        double[] mean = new double[FEATURES];
        double[] deviation = new double[FEATURES];
        for (int i = 0; i < FEATURES; i++) {
            for (double[] row : data.rows()) {
                mean[i] += row[i] / data.size();
            }
            for (double[] row : data.rows()) {
                deviation[i] += (row[i] - mean[i]) * (row[i] - mean[i]) / data.size();
            }
            deviation[i] = Math.sqrt(deviation[i]);
        }
        double[] standardised = newton(data, mean, deviation);
        // The standardisation is folded into the weights, so that the graph is one Gemm and takes raw measurements.
        double[] weights = new double[FEATURES];
        double bias = standardised[FEATURES];
        for (int i = 0; i < FEATURES; i++) {
            weights[i] = standardised[i] / deviation[i];
            bias -= weights[i] * mean[i];
        }
        return new Line(weights, bias);
    }

    /// Minimises log loss + RIDGE/2 * |weights|^2; the bias, the last element, is not penalised.
    private static double[] newton(DataSet data, double[] mean, double[] deviation) {
        double[] weights = new double[FEATURES + 1];
        double[] x = new double[FEATURES + 1];
        x[FEATURES] = 1;
        for (int step = 0; step < NEWTON_STEPS; step++) {
            double[] gradient = new double[FEATURES + 1];
            double[][] hessian = new double[FEATURES + 1][FEATURES + 1];
            for (int n = 0; n < data.size(); n++) {
                double sum = weights[FEATURES];
                for (int i = 0; i < FEATURES; i++) {
                    x[i] = (data.rows().get(n)[i] - mean[i]) / deviation[i];
                    sum += weights[i] * x[i];
                }
                double probability = 1 / (1 + StrictMath.exp(-sum));
                double curvature = probability * (1 - probability);
                for (int i = 0; i <= FEATURES; i++) {
                    gradient[i] += (probability - data.classes().get(n)) * x[i];
                    for (int j = 0; j <= FEATURES; j++) {
                        hessian[i][j] += curvature * x[i] * x[j];
                    }
                }
            }
            for (int i = 0; i < FEATURES; i++) {
                gradient[i] += RIDGE * weights[i];
                hessian[i][i] += RIDGE;
            }
            double[] change = solve(hessian, gradient);
            for (int i = 0; i <= FEATURES; i++) {
                weights[i] -= change[i];
            }
        }
        return weights;
    }

    /// Gaussian elimination; the matrix is positive definite, so no pivoting.
    private static double[] solve(double[][] matrix, double[] right) {
        int size = right.length;
        for (int i = 0; i < size; i++) {
            for (int j = i + 1; j < size; j++) {
                double factor = matrix[j][i] / matrix[i][i];
                for (int k = i; k < size; k++) {
                    matrix[j][k] -= factor * matrix[i][k];
                }
                right[j] -= factor * right[i];
            }
        }
        double[] solution = new double[size];
        for (int i = size - 1; i >= 0; i--) {
            double sum = right[i];
            for (int k = i + 1; k < size; k++) {
                sum -= matrix[i][k] * solution[k];
            }
            solution[i] = sum / matrix[i][i];
        }
        return solution;
    }

    private static double accuracy(Line line, DataSet data) {
        int right = 0;
        List<double[]> rows = data.rows();
        for (int i = 0; i < rows.size(); i++) {
            right += (line.logOdds(rows.get(i)) > 0 ? 1 : 0) == data.classes().get(i) ? 1 : 0;
        }
        return (double) right / rows.size();
    }

    /// Two logits, 0 and the log-odds, so that Softmax gives both probabilities and ArgMax the class.
    private static void write(Line line, Path file) throws IOException {
        double[] weights = new double[FEATURES * 2];
        for (int i = 0; i < FEATURES; i++) {
            weights[2 * i + 1] = line.weights()[i];
        }
        new OnnxFile("tumour")
                .about("data", "Breast Cancer Wisconsin (Diagnostic), UCI, as in scikit-learn 1.2.1, sha256 " + DATA_SHA256)
                .about("code", "examples/training/tumour/Train.java")
                .input("features", FEATURES)
                .labels("label")
                .output("probabilities", 2)
                .weights("weights", weights, FEATURES, 2)
                .weights("bias", new double[] {0, line.bias()}, 2)
                .node("Gemm", "logits", new String[] {"features", "weights", "bias"})
                .node("Softmax", "probabilities", new String[] {"logits"}, "axis", 1)
                .node("ArgMax", "label", new String[] {"logits"}, "axis", 1, "keepdims", 0)
                .write(file);
    }
}
