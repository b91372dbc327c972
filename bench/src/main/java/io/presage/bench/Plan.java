package io.presage.bench;

import java.time.Duration;

/// How long a run takes. Warm-up is by requests: a JVM that has answered few is another server than one that
/// has answered many, whatever the clock says.
///
/// @param rounds in which every subject is measured once; the report's figures are medians over them
/// @param round load of one subject in one round
/// @param warmUpRequests before the first round
/// @param warmUpLimit a slow subject is measured after that, and the report says how warm it was
record Plan(int rounds, Duration round, long warmUpRequests, Duration warmUpLimit) {
    static Plan of(Workload workload, boolean quick) {
        return switch (workload) {
            case TUMOUR ->
                quick
                        ? new Plan(3, Duration.ofSeconds(2), 50_000, Duration.ofSeconds(15))
                        : new Plan(5, Duration.ofSeconds(5), 200_000, Duration.ofMinutes(1));
            case MINILM ->
                quick
                        ? new Plan(2, Duration.ofSeconds(3), 300, Duration.ofSeconds(8))
                        : new Plan(3, Duration.ofSeconds(6), 2_000, Duration.ofSeconds(15));
        };
    }
}
