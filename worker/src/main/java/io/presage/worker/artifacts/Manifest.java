package io.presage.worker.artifacts;

import io.presage.contract.infer.Signature;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `model.yaml`, every member with its default; an unknown member or a value out of range refuses the package
/// by name.
///
/// @param task how clients' tensors become the model's: see [io.presage.worker.tasks.Tasks]
/// @param model file name, or null when the package holds exactly one model file
/// @param engine `onnxruntime`, `torchscript`, `tensorflow`, `xgboost`, `lightgbm`, or null to go by the file
/// @param labels names of classes, in the order of the model's outputs
/// @param device `cpu`, `gpu` or `any`
/// @param profile what its setting is chosen for: `throughput`, or `latency` (all cores for one run)
/// @param instances runs side by side: 1..64, 0 = as measured
/// @param intraOpThreads threads of one run: 1..256, 0 = as measured
/// @param signature of the model itself, for files that do not tell theirs; null = the file tells
public record Manifest(
        String task,
        @Nullable String model,
        @Nullable String engine,
        List<String> labels,
        String device,
        String profile,
        int instances,
        int intraOpThreads,
        Batching batching,
        Text text,
        Image image,
        Detection detection,
        Audio audio,
        Samples samples,
        @Nullable Signature signature) {
    public static final Manifest DEFAULT = new Manifest(
            "tensor",
            null,
            null,
            List.of(),
            "any",
            "throughput",
            0,
            0,
            Batching.DEFAULT,
            Text.DEFAULT,
            Image.DEFAULT,
            Detection.DEFAULT,
            Audio.DEFAULT,
            Samples.DEFAULT,
            null);

    public Manifest {
        labels = List.copyOf(labels);
    }

    /// How calls are batched.
    ///
    /// @param rowsMax rows of one batch: 1..4096; fewer when more were measured not to pay
    /// @param tokensMax tokens of one batch, padding included: 1..4194304
    /// @param bytesMax bytes of the inputs of one batch
    /// @param queueRowsMax rows that may wait: 1..65536
    /// @param windowMicros longest wait of a batch's first row, counted from its arrival: 0 = batch only what
    ///     queued behind a running batch, -1 = learned: waits only when waiting pays
    public record Batching(int rowsMax, int tokensMax, long bytesMax, int queueRowsMax, int windowMicros) {
        public static final Batching DEFAULT = new Batching(32, 16_384, 64 << 20, 256, -1);
    }

    /// How texts become tokens, and tokens' vectors one.
    ///
    /// @param tokenizer file of the package
    /// @param tokensMax longer texts are cut
    /// @param pooling `mean` or `cls`
    /// @param normalize to Euclidean length 1
    public record Text(String tokenizer, int tokensMax, String pooling, boolean normalize) {
        public static final Text DEFAULT = new Text("tokenizer.json", 256, "mean", true);
    }

    /// A pixel p (0..255) becomes (p - mean) / std, per channel or one for all.
    ///
    /// @param width in pixels, of the model's input
    /// @param layout `NCHW`, `NHWC` or `FLAT`
    /// @param channels `RGB`, `BGR` or `GRAY`
    /// @param resize `stretch` or `letterbox`
    public record Image(
            int width,
            int height,
            String layout,
            String channels,
            List<Double> mean,
            List<Double> std,
            String resize,
            boolean softmax) {
        public static final Image DEFAULT =
                new Image(224, 224, "NCHW", "RGB", List.of(0.0), List.of(255.0), "stretch", false);

        public Image {
            mean = List.copyOf(mean);
            std = List.copyOf(std);
        }
    }

    /// How boxes are decoded and thinned out.
    ///
    /// @param anchors name of the decoding, e.g. `blazeface`
    /// @param scoreMin boxes below are dropped
    /// @param iouMax overlap above which the weaker of two boxes is dropped
    public record Detection(String anchors, double scoreMin, double iouMax) {
        public static final Detection DEFAULT = new Detection("none", 0.5, 0.3);
    }

    /// How sounds are cut into frames.
    ///
    /// @param sampleRate in Hz, that the model wants
    /// @param frameSamples new samples of one step
    /// @param contextSamples samples of the step before that are repeated
    public record Audio(int sampleRate, int frameSamples, int contextSamples) {
        public static final Audio DEFAULT = new Audio(16000, 512, 64);
    }

    /// How samples are compared.
    ///
    /// @param tolerance largest absolute difference of a numeric output to the sample's answer
    public record Samples(double tolerance) {
        public static final Samples DEFAULT = new Samples(1e-3);
    }
}
