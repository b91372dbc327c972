package io.presage.worker.tasks;

import java.util.ArrayList;
import java.util.List;

/// From the probability of each frame to stretches of speech: one begins at 0.5, ends when it stays below 0.35
/// for 100 ms, counts from 250 ms on, and gets 30 ms on both sides. Pure; any thread. Source:
/// `get_speech_timestamps` of snakers4/silero-vad, whose defaults these are.
final class SpeechSegments {
    private static final double SPEECH_MIN = 0.5;
    private static final double SILENCE_MAX = 0.35;
    private static final double SPEECH_SECONDS_MIN = 0.25;
    private static final double SILENCE_SECONDS_MIN = 0.1;
    private static final double PAD_SECONDS = 0.03;
    /// Frames do not divide seconds exactly.
    private static final double EPSILON = 1e-9;

    record Segment(double fromSeconds, double toSeconds) {}

    private SpeechSegments() {}

    static List<Segment> of(float[] speech, double frameSeconds, double totalSeconds) {
        List<Segment> segments = new ArrayList<>();
        int from = -1;
        int silence = -1;
        for (int i = 0; i < speech.length; i++) {
            if (speech[i] >= SPEECH_MIN) {
                from = from < 0 ? i : from;
                silence = -1;
            } else if (from >= 0 && (silence >= 0 || speech[i] < SILENCE_MAX)) {
                silence = silence < 0 ? i : silence;
                if ((i - silence) * frameSeconds >= SILENCE_SECONDS_MIN - EPSILON) {
                    add(segments, from * frameSeconds, silence * frameSeconds, totalSeconds);
                    from = -1;
                    silence = -1;
                }
            }
        }
        if (from >= 0) {
            add(segments, from * frameSeconds, totalSeconds, totalSeconds);
        }
        return segments;
    }

    /// Padding never makes two segments overlap: silence between them is longer than both pads.
    private static void add(List<Segment> segments, double from, double to, double totalSeconds) {
        if (to - from >= SPEECH_SECONDS_MIN - EPSILON) {
            segments.add(new Segment(Math.max(0, from - PAD_SECONDS), Math.min(totalSeconds, to + PAD_SECONDS)));
        }
    }
}
