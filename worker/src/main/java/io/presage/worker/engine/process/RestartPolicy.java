package io.presage.worker.engine.process;

import java.util.List;

/// What to do about a child that died. Pure.
final class RestartPolicy {
    private static final long DELAY_NANOS_MIN = 100_000_000;
    private static final long DELAY_NANOS_MAX = 10_000_000_000L;

    private RestartPolicy() {}

    sealed interface Decision {
        /// Starts another one, after a while that doubles with each recent death.
        record Restart(long delayNanos) implements Decision {}

        /// Too many died: it is the model.
        record GiveUp(int deaths) implements Decision {}
    }

    /// @param deathNanos of every death so far, this one last
    static Decision decide(List<Long> deathNanos, ChildSettings settings) {
        long now = deathNanos.getLast();
        long windowNanos = settings.deathsWindow().toNanos();
        int recent = (int)
                deathNanos.stream().filter(death -> now - death < windowNanos).count();
        if (recent >= settings.deathsMax()) {
            return new Decision.GiveUp(recent);
        }
        return new Decision.Restart(Math.min(DELAY_NANOS_MAX, DELAY_NANOS_MIN << Math.min(recent - 1, 20)));
    }
}
