package io.presage.registry.placement;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Placements are written `model/version@worker`, workers `id:bytes` (`id:bytes:cuda` with a CUDA device),
/// versions
/// `model/version*replicas:bytes` (`...:cuda` when they need one). Without a word, workers are overcommitted
/// twice.
final class PlacementPolicyTest {
    private static String plan(String deployed, String workers, String present, String ready, String failed) {
        var plan = PlacementPolicy.plan(
                words(deployed).stream().map(PlacementPolicyTest::version).toList(),
                words(workers).stream()
                        .map(word -> word.split(":", -1))
                        .map(parts -> new LiveWorker(parts[0], Long.parseLong(parts[1]), parts.length > 2))
                        .toList(),
                placements(present),
                placements(ready),
                placements(failed),
                2);
        var placed = plan.placements().stream()
                .sorted(Placement.ORDER)
                .map(it -> it.model() + "/" + it.version() + "@" + it.workerId())
                .collect(Collectors.joining(" "));
        var unplaced = plan.unplaced().stream()
                .map(it -> " !" + it.model() + "/" + it.version())
                .collect(Collectors.joining());
        return placed + unplaced;
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split(" ", -1))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private static DeployedVersion version(String word) {
        var parts = word.split("[/*:]", -1);
        return new DeployedVersion(
                parts[0],
                Integer.parseInt(parts[1]),
                Integer.parseInt(parts[2]),
                Long.parseLong(parts[3]),
                parts.length > 4);
    }

    private static Set<Placement> placements(String text) {
        return words(text).stream()
                .map(word -> word.split("[/@]", -1))
                .map(parts -> new Placement(parts[2], parts[0], Integer.parseInt(parts[1])))
                .collect(Collectors.toSet());
    }

    @Test
    void first_version_goes_to_the_emptiest_worker() {
        assertThat(plan("a/1*1:10", "w1:100 w2:100", "", "", "")).isEqualTo("a/1@w1");
        assertThat(plan("a/1*1:10 b/1*1:10", "w1:100 w2:100", "b/1@w1", "b/1@w1", ""))
                .isEqualTo("a/1@w2 b/1@w1");
    }

    @Test
    void what_is_placed_stays_even_if_unbalanced() {
        assertThat(plan("a/1*1:10 b/1*1:10 c/1*1:10", "w1:100 w2:100", "a/1@w1 b/1@w1 c/1@w1", "", ""))
                .isEqualTo("a/1@w1 b/1@w1 c/1@w1");
    }

    @Test
    void lost_worker_moves_only_what_it_held() {
        assertThat(plan("a/1*1:10 b/1*1:10", "w2:100 w3:100", "a/1@w1 b/1@w2", "b/1@w2", ""))
                .isEqualTo("a/1@w3 b/1@w2");
    }

    @Test
    void no_worker_at_all_keeps_everything_that_is_still_deployed() {
        assertThat(plan("a/1*1:10", "", "a/1@w1 b/1@w1", "", "")).isEqualTo("a/1@w1");
    }

    @Test
    void undeployed_version_goes() {
        assertThat(plan("a/2*1:10", "w1:100", "a/1@w1 a/2@w1", "", "")).isEqualTo("a/2@w1");
    }

    @Test
    void replicas_are_at_most_the_live_workers() {
        assertThat(plan("a/1*3:10", "w1:100 w2:100", "", "", "")).isEqualTo("a/1@w1 a/1@w2");
    }

    @Test
    void surplus_copies_that_are_not_ready_go_first() {
        assertThat(plan("a/1*1:10", "w1:100 w2:100", "a/1@w1 a/1@w2", "a/1@w2", ""))
                .isEqualTo("a/1@w2");
    }

    @Test
    void too_big_for_every_worker_is_said() {
        assertThat(plan("a/1*1:200 b/1*1:50", "w1:100", "", "", "")).isEqualTo("b/1@w1 !a/1");
    }

    @Test
    void big_ones_choose_first() {
        assertThat(plan("a/1*1:30 b/1*1:90", "w1:100 w2:40", "", "", "")).isEqualTo("a/1@w2 b/1@w1");
    }

    @Test
    void memory_that_is_not_known_refuses_nothing() {
        assertThat(plan("a/1*1:200", "w1:0", "", "", "")).isEqualTo("a/1@w1");
    }

    @Test
    void worker_where_it_failed_comes_last() {
        assertThat(plan("a/1*1:10", "w1:100 w2:100", "", "", "a/1@w1")).isEqualTo("a/1@w2");
        assertThat(plan("a/1*1:10", "w1:100", "", "", "a/1@w1")).isEqualTo("a/1@w1");
    }

    @Test
    void full_worker_takes_more_but_only_when_none_has_free_memory() {
        assertThat(plan("a/1*1:80 b/1*1:60 c/1*1:50", "w1:100 w2:100", "", "", ""))
                .isEqualTo("a/1@w1 b/1@w2 c/1@w2");
        assertThat(plan("a/1*1:90 b/1*1:30", "w1:100 w2:40", "a/1@w1", "", "")).isEqualTo("a/1@w1 b/1@w2");
        assertThat(plan("a/1*1:50 b/1*1:600 c/1*1:60", "w1:100 w2:1000", "a/1@w1 b/1@w2", "", ""))
                .as("though the other has the smaller share taken")
                .isEqualTo("a/1@w1 b/1@w2 c/1@w2");
    }

    @Test
    void overcommit_has_its_bound() {
        assertThat(plan("a/1*1:90 b/1*1:80 c/1*1:40", "w1:100", "", "", "")).isEqualTo("a/1@w1 b/1@w1 !c/1");
    }

    @Test
    void version_alone_must_fit_the_whole_memory() {
        assertThat(plan("a/1*1:101", "w1:100", "", "", "")).isEqualTo(" !a/1");
        assertThat(plan("a/1*1:100", "w1:100", "", "", "")).isEqualTo("a/1@w1");
    }

    @Test
    void version_that_needs_cuda_goes_only_where_a_device_is() {
        assertThat(plan("a/1*2:10:cuda", "w1:100 w2:50:cuda", "", "", "")).isEqualTo("a/1@w2 !a/1");
        assertThat(plan("a/1*1:10:cuda", "w1:100", "", "", "")).isEqualTo(" !a/1");
        assertThat(plan("a/1*1:10:cuda", "w1:100 w2:50:cuda", "a/1@w1", "", "")).isEqualTo("a/1@w2");
        assertThat(plan("a/1*1:10", "w1:100:cuda", "", "", "")).isEqualTo("a/1@w1");
    }

    @Test
    void failed_copy_moves_once_and_stays_where_all_have_failed() {
        assertThat(plan("a/1*1:10", "w1:100 w2:100", "a/1@w1", "", "a/1@w1")).isEqualTo("a/1@w2");
        assertThat(plan("a/1*1:10", "w1:100 w2:100", "a/1@w2", "", "a/1@w1 a/1@w2"))
                .isEqualTo("a/1@w2");
        assertThat(plan("a/1*1:10", "w1:100 w2:5", "a/1@w1", "", "a/1@w1"))
                .as("the other has no room")
                .isEqualTo("a/1@w1");
        assertThat(plan("a/1*2:10", "w1:100 w2:100", "a/1@w1 a/1@w2", "a/1@w2", "a/1@w1"))
                .as("the other holds it already")
                .isEqualTo("a/1@w1 a/1@w2");
    }

    @Test
    void memory_of_a_copy_that_moves_is_free_for_others() {
        assertThat(plan("a/1*1:90 b/1*1:80", "w1:100 w2:100 w3:40", "a/1@w1", "", "a/1@w1"))
                .isEqualTo("a/1@w2 b/1@w1");
    }
}
