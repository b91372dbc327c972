package io.presage.worker.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Figures as they were measured on two cores, milliseconds of one run.
class TuningPolicyTest {
    private static final Setting ONE = new Setting(1, 1);
    private static final Setting PAIR = new Setting(1, 2);
    private static final Setting THREADS = new Setting(2, 1);

    private final List<Point> points = new ArrayList<>();

    /// `millis`: of 1, 2, 4, ... rows.
    private void measured(Setting setting, double... millis) {
        for (int i = 0; i < millis.length; i++) {
            points.add(new Point(setting, 1 << i, 1 << i, millis[i]));
        }
    }

    private TuningPolicy.Choice throughput() {
        return TuningPolicy.choose(points, false, 32);
    }

    private TuningPolicy.Choice latency() {
        return TuningPolicy.choose(points, true, 32);
    }

    private void embeddingOf16Tokens() {
        measured(ONE, 6.1, 10.2, 18.1, 33.3, 66.2, 134);
        measured(PAIR, 6.3, 10.5, 18.6, 34.2, 67.8, 137);
        measured(THREADS, 4.2, 7.0, 11.1, 19.2, 36.0, 71.0);
    }

    @Test
    void shortTexts_areBatched_byTwoInstances() {
        embeddingOf16Tokens();
        assertThat(throughput()).isEqualTo(new TuningPolicy.Choice(PAIR, 16));
    }

    @Test
    void latency_takesAllCoresForARun() {
        embeddingOf16Tokens();
        assertThat(latency()).isEqualTo(new TuningPolicy.Choice(THREADS, 32));
    }

    @Test
    void latency_ofAModelThatThreadsDoNotSpeedUp_runsCallsSideBySide() {
        measured(ONE, 6.1, 12.2);
        measured(PAIR, 6.2, 12.4);
        measured(THREADS, 5.9, 11.8);
        assertThat(latency()).isEqualTo(new TuningPolicy.Choice(PAIR, 1));
    }

    @Test
    void pictures_areNotBatched() {
        measured(ONE, 7.87, 15.6, 31.1, 62.0);
        measured(PAIR, 7.95, 15.8, 31.5, 62.9);
        measured(THREADS, 4.3, 8.6, 17.1, 34.2);
        assertThat(throughput()).isEqualTo(new TuningPolicy.Choice(PAIR, 1));
    }

    @Test
    void throughput_prefersFewerInstances_whenMoreGiveNothing() {
        // The memory is the limit, not the cores.
        measured(ONE, 10, 19, 37.5);
        measured(PAIR, 20, 37.5, 74.5);
        assertThat(throughput()).isEqualTo(new TuningPolicy.Choice(ONE, 4));
    }

    @Test
    void throughput_takesThreads_onlyWhenTheyAreClearlyBetter() {
        measured(PAIR, 10);
        measured(THREADS, 4.0);
        assertThat(throughput().setting()).isEqualTo(PAIR);
        points.clear();
        measured(PAIR, 10);
        measured(THREADS, 3.6);
        assertThat(throughput().setting()).isEqualTo(THREADS);
    }

    @Test
    void throughput_comparesWholeLadders_notTheSizesThatHappenedToBeMeasured() {
        measured(ONE, 6.6, 11.3, 19.3, 34.5, 65.6);
        measured(PAIR, 6.4);
        measured(THREADS, 4.7, 6.3, 10.8, 17.2, 31.2, 58.9);
        assertThat(throughput().setting()).isEqualTo(PAIR);
    }

    @Test
    void rowsMax_isNotDoubled_whereMoreAreWorse() {
        measured(ONE, 6.1, 10.2, 22.1, 45, 91);
        assertThat(throughput()).isEqualTo(new TuningPolicy.Choice(ONE, 2));
    }

    @Test
    void rowsMax_goesOnWithTheLine_whenTheLargestBatchIsTheBest() {
        // 0.05 ms a call, 0.002 a row: 833 rows pay, as many as are allowed.
        measured(ONE, 0.052, 0.054, 0.058, 0.066, 0.082, 0.114);
        assertThat(TuningPolicy.choose(points, false, 256)).isEqualTo(new TuningPolicy.Choice(ONE, 256));
        assertThat(TuningPolicy.choose(points, false, 4096).rowsMax()).isBetween(820, 850);
        assertThat(throughput().rowsMax()).isEqualTo(32);
    }

    @Test
    void instancesThatWereMeasuredAtFewSizes_takeTheOthersFromOneInstance() {
        measured(ONE, 6.1, 10.2, 18.1, 33.3, 66.2, 134);
        points.add(new Point(PAIR, 1, 1, 6.71));
        points.add(new Point(PAIR, 8, 8, 36.63));
        assertThat(throughput()).isEqualTo(new TuningPolicy.Choice(PAIR, 16));
        assertThat(TuningPolicy.ladder(points, PAIR).get(1))
                .isEqualTo(new Point(PAIR, 2, 2, 10.2 * (6.71 / 6.1 + 36.63 / 33.3) / 2));
    }

    @Test
    void oneSize_isTakenAsItIs() {
        measured(ONE, 900);
        assertThat(throughput()).isEqualTo(new TuningPolicy.Choice(ONE, 1));
        assertThatThrownBy(() -> TuningPolicy.choose(List.of(), false, 1)).hasMessageContaining("no points");
    }

    @Test
    void pinnedInstances_areTheOnlyOnes() {
        measured(new Setting(1, 3), 9, 17, 33.9);
        measured(new Setting(2, 3), 8, 15.9, 31.8);
        assertThat(throughput()).isEqualTo(new TuningPolicy.Choice(new Setting(1, 3), 4));
        assertThat(latency()).isEqualTo(new TuningPolicy.Choice(new Setting(2, 3), 1));
    }
}
