package digits;

import java.awt.Image;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import onnx.DataSet;
import onnx.OnnxFile;

/// Trains the classifier of handwritten digits: 8x8 grey values, background taken off inside the graph, one
/// hidden layer. The seed is fixed, the order of every sum too, and Java's arithmetic is the same everywhere:
/// every run on every machine writes the same bytes.
///
///     java examples/training/digits/Train.java digits.csv.gz model.onnx java
///     examples/training/digits/Train.java digits.csv.gz --picture ROW 32 digit.png    # a row as a picture
final class Train {
    private static final String DATA_SHA256 = "46abec6b12486ad9e51943373abcf22bbea1b5a51a1619b361570d8893f1464a";
    private static final int SIDE = 8;
    private static final int PIXELS = SIDE * SIDE;
    private static final int HIDDEN = 64;
    private static final int CLASSES = 10;
    private static final int EPOCHS = 40;
    private static final double INK_MAX = 16;
    private static final double DECAY = 1e-4;
    private static final double MOMENTUM = 0.9;
    private static final int BATCH = 16;

    public static void main(String[] arguments) throws IOException {
        DataSet data = DataSet.read(Path.of(arguments[0]), DATA_SHA256, PIXELS, false);
        if (arguments[1].equals("--picture")) {
            double[] row = data.rows().get(Integer.parseInt(arguments[2]));
            draw(row, Integer.parseInt(arguments[3]), Path.of(arguments[4]));
            return;
        }
        Network network = train(data.training());
        network.write(Path.of(arguments[1]));
        System.out.printf(
                "training rows %d accuracy %.4f%nheld-out rows %d accuracy %.4f%n",
                data.training().size(),
                network.accuracy(data.training()),
                data.heldOut().size(),
                network.accuracy(data.heldOut()));
    }

    private static Network train(DataSet data) {
        SplittableRandom random = new SplittableRandom(20261121);
        Network network = new Network(random);
        int[] order = new int[data.size()];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            for (int i = order.length - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int swap = order[i];
                order[i] = order[j];
                order[j] = swap;
            }
            double rate = 0.1 * (1 - (double) epoch / EPOCHS);
            for (int from = 0; from < order.length; from += BATCH) {
                int to = Math.min(from + BATCH, order.length);
                for (int i = from; i < to; i++) {
                    network.learn(ink(picture(data.rows().get(order[i]))), data.classes().get(order[i]));
                }
                network.step(rate, to - from);
            }
        }
        return network;
    }

    /// Dark ink on white paper: 1 is white.
    private static double[] picture(double[] row) {
        double[] picture = new double[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            picture[i] = 1 - row[i] / INK_MAX;
        }
        return picture;
    }

    /// How far each pixel is from the paper, whose grey is the mean of the left and right columns (in the data
    /// they are nearly always empty). So light ink on dark paper reads the same as dark on light. The graph
    /// does this sum too.
    private static double[] ink(double[] picture) {
        double paper = 0;
        for (int i = 0; i < PIXELS; i++) {
            paper += PAPER[i] * picture[i];
        }
        double[] ink = new double[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            ink[i] = Math.abs(picture[i] - paper);
        }
        return ink;
    }

    private static final double[] PAPER = new double[PIXELS];

    static {
        for (int y = 0; y < SIDE; y++) {
            PAPER[y * SIDE] = 1.0 / (2 * SIDE);
            PAPER[y * SIDE + SIDE - 1] = 1.0 / (2 * SIDE);
        }
    }

    private static void draw(double[] row, int side, Path file) throws IOException {
        BufferedImage small = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < PIXELS; i++) {
            int grey = (int) Math.round(255 * (1 - row[i] / INK_MAX));
            small.getRaster().setSample(i % SIDE, i / SIDE, 0, grey);
        }
        BufferedImage large = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
        var graphics = large.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        graphics.drawImage((Image) small, 0, 0, side, side, null);
        graphics.dispose();
        String name = file.toString();
        ImageIO.write(large, name.substring(name.lastIndexOf('.') + 1), file.toFile());
    }

    /// pixels -> 64 ReLU -> 10 Softmax, learning by gradient descent with momentum.
    private static final class Network {
        private final Layer first;
        private final Layer second;

        Network(SplittableRandom random) {
            first = new Layer(PIXELS, HIDDEN, random);
            second = new Layer(HIDDEN, CLASSES, random);
        }

        private double[] hidden(double[] ink) {
            double[] hidden = first.forward(ink);
            for (int i = 0; i < HIDDEN; i++) {
                hidden[i] = Math.max(0, hidden[i]);
            }
            return hidden;
        }

        void learn(double[] ink, int digit) {
            double[] hidden = hidden(ink);
            double[] error = softmax(second.forward(hidden));
            error[digit] -= 1;
            double[] back = second.backward(hidden, error);
            for (int i = 0; i < HIDDEN; i++) {
                back[i] = hidden[i] > 0 ? back[i] : 0;
            }
            first.backward(ink, back);
        }

        void step(double rate, int rows) {
            first.step(rate, rows);
            second.step(rate, rows);
        }

        double accuracy(DataSet data) {
            int right = 0;
            for (int n = 0; n < data.size(); n++) {
                double[] logits = second.forward(hidden(ink(picture(data.rows().get(n)))));
                int best = 0;
                for (int i = 1; i < CLASSES; i++) {
                    best = logits[i] > logits[best] ? i : best;
                }
                right += best == data.classes().get(n) ? 1 : 0;
            }
            return (double) right / data.size();
        }

        void write(Path file) throws IOException {
            new OnnxFile("digits")
                    .about(
                            "data",
                            "Optical Recognition of Handwritten Digits, UCI, as in scikit-learn 1.2.1, sha256 "
                                    + DATA_SHA256)
                    .about("code", "examples/training/digits/Train.java")
                    .input("image", SIDE, SIDE, 1)
                    .output("scores", CLASSES)
                    .weights("paper", PAPER, PIXELS, 1)
                    .weights("weights1", first.weights, PIXELS, HIDDEN)
                    .weights("bias1", first.bias, HIDDEN)
                    .weights("weights2", second.weights, HIDDEN, CLASSES)
                    .weights("bias2", second.bias, CLASSES)
                    .node("Flatten", "pixels", new String[] {"image"}, "axis", 1)
                    .node("MatMul", "background", new String[] {"pixels", "paper"})
                    .node("Sub", "difference", new String[] {"pixels", "background"})
                    .node("Abs", "ink", new String[] {"difference"})
                    .node("Gemm", "sum1", new String[] {"ink", "weights1", "bias1"})
                    .node("Relu", "hidden", new String[] {"sum1"})
                    .node("Gemm", "sum2", new String[] {"hidden", "weights2", "bias2"})
                    .node("Softmax", "scores", new String[] {"sum2"}, "axis", 1)
                    .write(file);
        }

        private static double[] softmax(double[] logits) {
            double max = Double.NEGATIVE_INFINITY;
            for (double logit : logits) {
                max = Math.max(max, logit);
            }
            double sum = 0;
            double[] scores = new double[logits.length];
            for (int i = 0; i < logits.length; i++) {
                scores[i] = StrictMath.exp(logits[i] - max);
                sum += scores[i];
            }
            for (int i = 0; i < logits.length; i++) {
                scores[i] /= sum;
            }
            return scores;
        }
    }

    /// A dense layer; `weights` are row-major `[in, out]`.
    private static final class Layer {
        private final int out;
        private final double[] weights;
        private final double[] bias;
        private final double[] gradient;
        private final double[] biasGradient;
        private final double[] velocity;
        private final double[] biasVelocity;

        Layer(int in, int out, SplittableRandom random) {
            this.out = out;
            weights = new double[in * out];
            double bound = Math.sqrt(6.0 / (in + out));
            for (int i = 0; i < weights.length; i++) {
                weights[i] = bound * (2 * random.nextDouble() - 1);
            }
            bias = new double[out];
            gradient = new double[in * out];
            biasGradient = new double[out];
            velocity = new double[in * out];
            biasVelocity = new double[out];
        }

        double[] forward(double[] input) {
            double[] output = bias.clone();
            for (int i = 0; i < input.length; i++) {
                for (int j = 0; j < out; j++) {
                    output[j] += input[i] * weights[i * out + j];
                }
            }
            return output;
        }

        double[] backward(double[] input, double[] error) {
            double[] back = new double[input.length];
            for (int i = 0; i < input.length; i++) {
                for (int j = 0; j < out; j++) {
                    gradient[i * out + j] += input[i] * error[j];
                    back[i] += weights[i * out + j] * error[j];
                }
            }
            for (int j = 0; j < out; j++) {
                biasGradient[j] += error[j];
            }
            return back;
        }

        void step(double rate, int rows) {
            descend(weights, gradient, velocity, rate, rows, DECAY);
            descend(bias, biasGradient, biasVelocity, rate, rows, 0);
        }

        private static void descend(
                double[] values, double[] gradient, double[] velocity, double rate, int rows, double decay) {
            for (int i = 0; i < values.length; i++) {
                velocity[i] = MOMENTUM * velocity[i] - rate * (gradient[i] / rows + decay * values[i]);
                values[i] += velocity[i];
                gradient[i] = 0;
            }
        }
    }
}
