package io.presage.api.infer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.presage.api.access.Grant;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Role;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StatisticsSumTest {
    private final StatisticsSum sum = new StatisticsSum(grant(Set.of()), 3);

    private static Grant grant(Set<String> models) {
        return new Grant("k", "default", Set.of(Role.PREDICT), models, Limits.NONE);
    }

    private static String stats(String model, int version, int last, int rows, String batches) {
        return "{\"name\":\"" + model + "\",\"version\":\"" + version + "\",\"last_inference\":" + last
                + ",\"inference_count\":" + rows + ",\"execution_count\":2,\"inference_stats\":{\"success\":"
                + duration(2, 20) + ",\"fail\":" + duration(1, 10) + "},\"batch_stats\":[" + batches + "]}";
    }

    private static String duration(int count, int nanos) {
        return "{\"count\":" + count + ",\"ns\":" + nanos + "}";
    }

    private static String batch(int size, int count) {
        return "{\"batch_size\":" + size + ",\"compute_infer\":" + duration(count, 100 * count) + "}";
    }

    private static byte[] all(String... stats) {
        return ("{\"model_stats\":[" + String.join(",", stats) + "]}").getBytes(UTF_8);
    }

    private String json() {
        return new String(sum.json(), UTF_8);
    }

    @Test
    void countsAndTimes_areAddedUp_ofLastCallsTheLatestCounts() {
        assertThat(sum.add(all(stats("m", 1, 500, 3, batch(1, 1) + "," + batch(4, 1)))))
                .isTrue();
        assertThat(sum.add(all(stats("m", 1, 400, 5, batch(2, 3) + "," + batch(4, 2)))))
                .isTrue();

        assertThat(json())
                .isEqualTo("{\"model_stats\":[{\"name\":\"m\",\"version\":\"1\",\"last_inference\":500,"
                        + "\"inference_count\":8,\"execution_count\":4,\"inference_stats\":{\"success\":"
                        + duration(4, 40) + ",\"fail\":" + duration(2, 20) + "},\"batch_stats\":["
                        + batch(1, 1) + "," + batch(2, 3) + "," + batch(4, 3)
                        + "]}],\"replicas\":{\"asked\":3,\"answered\":2}}");
    }

    @Test
    void versions_stayApart_inTheOrderOfTheirNumbers() {
        sum.add(all(stats("m", 10, 1, 1, ""), stats("a", 1, 1, 1, "")));
        sum.add(all(stats("m", 9, 1, 1, "")));
        assertThat(json()).containsSubsequence("\"a\"", "\"version\":\"9\"", "\"version\":\"10\"");
    }

    @Test
    void aKeyForSomeModels_seesThoseOnly() {
        var scoped = new StatisticsSum(grant(Set.of("a")), 1);
        scoped.add(all(stats("m", 1, 1, 1, ""), stats("a", 1, 1, 1, "")));
        assertThat(new String(scoped.json(), UTF_8)).contains("\"a\"").doesNotContain("\"m\"");
    }

    @Test
    void nonsense_isNoAnswer() {
        for (var nonsense : new String[] {"", "{", "[]", "{}", "{\"model_stats\":{}}", "nonsense"}) {
            assertThat(sum.add(nonsense.getBytes(UTF_8))).as(nonsense).isFalse();
        }
        assertThat(sum.add("{\"model_stats\":[1,{},null]}".getBytes(UTF_8))).isTrue();
        assertThat(sum.answered()).isEqualTo(1);
    }
}
