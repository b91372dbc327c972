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
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VoiceActivityTaskTest {
    private Task task;

    @BeforeEach
    void create() throws LoadException {
        task = Tasks.create(Manifests.of("voice-activity"), FakeRecurrent.SIGNATURE);
    }

    @Test
    void prepare_cutsFramesWithTheirContext() {
        float[] frames = frames(ramp(600));

        assertThat(frames).hasSize(2 * 576);
        assertThat(Arrays.copyOf(frames, 64)).as("before the beginning").containsOnly(0);
        assertThat(frames[64]).isEqualTo(0);
        assertThat(frames[575]).isCloseTo(511 / 1000f, within(1e-4f));
        assertThat(frames[576]).as("context of the second frame").isCloseTo(448 / 1000f, within(1e-4f));
        assertThat(frames[576 + 64]).isCloseTo(512 / 1000f, within(1e-4f));
        assertThat(frames[576 + 64 + 87]).isCloseTo(599 / 1000f, within(1e-4f));
        assertThat(Arrays.copyOfRange(frames, 576 + 64 + 88, 2 * 576))
                .as("after the end")
                .containsOnly(0);
    }

    @Test
    void prepare_otherRate_isResampled() {
        Tensor wav = audio(WavTest.wav(1, 1, 8_000, 16, new double[8_000]));

        assertThat(task.prepare(List.of(wav)).inputs().getFirst().shape()).isEqualTo(Shape.of(32, 576));
    }

    @Test
    void run_isOneStepOfTheModelAFrame() {
        try (LoadedModel loop = task.adapt(new FakeRecurrent())) {
            assertThat(speech(loop)).containsExactly(new float[] {0.001f, 0.514f}, within(1e-4f));
        }
    }

    @Test
    void run_again_beginsWithAFreshState() {
        try (LoadedModel loop = task.adapt(new FakeRecurrent())) {
            float[] first = speech(loop);

            assertThat(speech(loop)).containsExactly(first);
        }
    }

    @Test
    void adapt_ownsTheInstance() {
        FakeRecurrent instance = new FakeRecurrent();
        LoadedModel loop = task.adapt(instance);

        assertThat(loop.memoryBytes()).isEqualTo(1_000 + 576 * 4 + 2 * 128 * 4 + 8);
        loop.close();

        assertThat(instance.isClosed).isTrue();
    }

    @Test
    void finish_givesSpeechAndSegments() {
        Task.Prepared prepared = task.prepare(List.of(audio(WavTest.wav(1, 1, 16_000, 16, new double[32_000]))));
        float[] speech = new float[63];
        Arrays.fill(speech, 10, 20, 0.9f);

        List<Tensor> answer = task.finish(prepared, List.of(Numbers.floats("speech", Shape.of(63), speech)));

        assertThat(Numbers.floats(answer.get(0), Shape.of(63))).isEqualTo(speech);
        assertThat(Numbers.floats(answer.get(1), Shape.of(1, 2)))
                .containsExactly(new float[] {0.29f, 0.67f}, within(1e-4f));
    }

    @Test
    void prepare_badSound_isNamed() {
        messageOf(() -> task.prepare(List.of(audio(new byte[] {'O', 'g', 'g', 'S', 0}))))
                .isEqualTo("audio[0]: 5 bytes that begin with 4f 67 67 53 00, not base64 either"
                        + " (expected: a WAV file, in JSON as base64)");
        byte[] cut = Arrays.copyOf(WavTest.wav(1, 1, 16_000, 16, 1, 1), 46);
        messageOf(() -> task.prepare(List.of(audio(Base64.getEncoder().encode(cut)))))
                .isEqualTo("audio[0]: cut off: 2 of 4 bytes of sound are there");
        byte[] tooLong = WavTest.wav(1, 1, 8_000, 8, new double[8_000 * 301]);
        messageOf(() -> task.prepare(List.of(audio(tooLong)))).contains("301.0 seconds long (expected: at most 300)");
    }

    @Test
    void create_modelWithoutState_saysBoth() {
        Signature other = new Signature(
                List.of(new TensorSpec("input", DataType.FP32, Shape.of(-1, 576))),
                List.of(new TensorSpec("output", DataType.FP32, Shape.of(-1, 1))),
                true);

        failureOf(() -> Tasks.create(Manifests.of("voice-activity"), other))
                .startsWith("task-mismatch: task: voice-activity needs inputs FP32 [1, 576]");
    }

    @Test
    void segments_shortSpeechAndShortSilence_doNotCount() {
        // Frames of 0.1 s: two of speech are too short; one of silence does not part.
        assertThat(segments("__##____")).isEmpty();
        assertThat(segments("__###_##__")).containsExactly(new SpeechSegments.Segment(0.17, 0.83));
        assertThat(segments("###___###")).hasSize(2);
    }

    @Test
    void segments_betweenTheThresholds_speechGoesOn() {
        assertThat(segments("_###~~~#__")).containsExactly(new SpeechSegments.Segment(0.07, 0.83));
        assertThat(segments("_~~~~~_")).isEmpty();
    }

    @Test
    void segments_speechToTheEnd_endsThere() {
        assertThat(segments("_####")).containsExactly(new SpeechSegments.Segment(0.07, 0.5));
    }

    private static List<SpeechSegments.Segment> segments(String pattern) {
        float[] speech = new float[pattern.length()];
        for (int i = 0; i < speech.length; i++) {
            speech[i] = pattern.charAt(i) == '#' ? 0.9f : pattern.charAt(i) == '~' ? 0.4f : 0.1f;
        }
        return SpeechSegments.of(speech, 0.1, pattern.length() * 0.1).stream()
                .map(segment -> new SpeechSegments.Segment(
                        Math.round(segment.fromSeconds() * 1e6) / 1e6, Math.round(segment.toSeconds() * 1e6) / 1e6))
                .toList();
    }

    private float[] speech(LoadedModel loop) {
        return Numbers.floats(
                loop.run(task.prepare(List.of(ramp(600))).inputs()).getFirst(), Shape.of(2));
    }

    private float[] frames(Tensor audio) {
        return Numbers.floats(task.prepare(List.of(audio)).inputs().getFirst(), Shape.of(-1, 576));
    }

    private static Tensor ramp(int length) {
        double[] samples = new double[length];
        for (int i = 0; i < length; i++) {
            samples[i] = i / 1000.0;
        }
        return audio(WavTest.wav(1, 1, 16_000, 16, samples));
    }

    private static Tensor audio(byte[] element) {
        return new Tensor.Bytes("audio", Shape.of(1), List.of(element));
    }
}
