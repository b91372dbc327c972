package io.presage.worker.tasks;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import java.util.List;

/// `voice-activity`: `audio` BYTES `[1]`, a WAV file, to `speech` FP32 `[frames]`, the probability of speech
/// for each frame (32 ms for the defaults), and `segments` FP32 `[k, 2]`, from and to in seconds. For models of
/// the Silero kind, which take one frame and a state and give a probability and the next state: [FrameLoop]
/// runs one over all frames of a call, from a fresh state.
final class VoiceActivityTask implements Task {
    static final String NAME = "voice-activity";

    /// Longer sounds are refused: one call holds its instance for all its frames (about 0.1 ms each).
    static final int SECONDS_MAX = 300;

    private static final Signature SIGNATURE = new Signature(
            List.of(new TensorSpec("audio", DataType.BYTES, Shape.of(1))),
            List.of(
                    new TensorSpec("speech", DataType.FP32, Shape.of(-1)),
                    new TensorSpec("segments", DataType.FP32, Shape.of(-1, 2))),
            false);

    private final Manifest.Audio settings;

    private VoiceActivityTask(Manifest.Audio settings) {
        this.settings = settings;
    }

    static Task create(ModelPackage modelPackage, Signature model) throws LoadException {
        Manifest.Audio settings = modelPackage.manifest().audio();
        if (FrameLoop.Ports.of(model, settings).isEmpty()) {
            throw Misfit.tensors(
                    NAME,
                    model,
                    "inputs FP32 [1, %d] (by `audio:` in model.yaml), FP32 of rank 3 (state) and maybe INT64 (rate), and"
                                    .formatted(settings.contextSamples() + settings.frameSamples())
                            + " outputs FP32 of rank 2 (speech) and FP32 of rank 3 (next state)");
        }
        return new VoiceActivityTask(settings);
    }

    @Override
    public Signature signature() {
        return SIGNATURE;
    }

    @Override
    public LoadedModel adapt(LoadedModel instance) {
        return new FrameLoop(instance, settings);
    }

    @Override
    public boolean isLight() {
        return false;
    }

    @Override
    public Prepared prepare(List<Tensor> inputs) {
        String name = Payload.rowName("audio", 0);
        byte[] file = Payload.file(name, Payload.elements(inputs.getFirst(), 1).getFirst(), Wav::isWav, "a WAV file");
        Wav wav = Wav.read(name, file, SECONDS_MAX);
        float[] samples = Resampler.resample(wav.samples(), wav.sampleRate(), settings.sampleRate());
        float[] frames = frames(samples);
        int width = settings.contextSamples() + settings.frameSamples();
        Tensor tensor = Numbers.floats(FrameLoop.FRAMES, Shape.of(frames.length / width, width), frames);
        return new Prepared(List.of(tensor), 1, 0, samples.length / (double) settings.sampleRate());
    }

    /// Each row: the end of the frame before (silence for the first), then the frame; the last one is filled
    /// with silence.
    private float[] frames(float[] samples) {
        int context = settings.contextSamples();
        int step = settings.frameSamples();
        int count = Math.ceilDiv(samples.length, step);
        float[] frames = new float[count * (context + step)];
        for (int i = 0; i < count; i++) {
            int from = Math.max(0, i * step - context);
            int to = Math.min(samples.length, (i + 1) * step);
            int row = i * (context + step);
            System.arraycopy(samples, from, frames, row + context - (i * step - from), to - from);
        }
        return frames;
    }

    @Override
    public List<Tensor> finish(Prepared prepared, List<Tensor> outputs) {
        double seconds = (Double) prepared.context();
        float[] speech = Numbers.floats(outputs.getFirst(), Shape.of(-1));
        List<SpeechSegments.Segment> segments =
                SpeechSegments.of(speech, (double) settings.frameSamples() / settings.sampleRate(), seconds);
        float[] times = new float[segments.size() * 2];
        for (int i = 0; i < segments.size(); i++) {
            times[2 * i] = (float) segments.get(i).fromSeconds();
            times[2 * i + 1] = (float) segments.get(i).toSeconds();
        }
        return List.of(
                Numbers.floats("speech", Shape.of(speech.length), speech),
                Numbers.floats("segments", Shape.of(segments.size(), 2), times));
    }
}
