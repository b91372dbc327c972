package io.presage.contract.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RoutingContentTest {
    private static final RoutingTable TABLE = new RoutingTable(
            7,
            List.of(model("a", 1), model("b", 1)),
            List.of(new RoutingTable.Worker("w", "h", 1)),
            List.of(new RoutingTable.Key("k", "00", Set.of(Role.PREDICT), Set.of(), null)),
            new LimitRules(List.of(), List.of(new LimitRules.Model("a", new Limits(new Limit(1, 1000), null)))));

    private static RoutingTable.Model model(String name, int version) {
        return new RoutingTable.Model(
                name,
                List.of(new RoutingTable.Target(version, 10_000)),
                List.of(new RoutingTable.Version(version, List.of("w"))),
                Map.of("champion", version));
    }

    @Test
    void digestOfWhatChangesMade_isThatOfTheWholeTable() {
        var changed = RoutingContent.of(TABLE)
                .with(List.of(model("b", 2), model("c", 1)), Set.of("a"), List.of(), null, LimitRules.NONE);
        var whole = new RoutingTable(
                8, List.of(model("b", 2), model("c", 1)), List.of(), TABLE.keys(), LimitRules.NONE, changed.digest());
        assertThat(changed.table(8)).isEqualTo(whole);
        assertThat(RoutingContent.of(whole).digest()).isEqualTo(changed.digest());
    }

    @Test
    void digest_seesEachPart() {
        var content = RoutingContent.of(TABLE);
        assertThat(List.of(
                        content.digest(),
                        content.with(List.of(model("a", 2)), List.of(), null, null, null)
                                .digest(),
                        content.with(List.of(), List.of("a"), null, null, null).digest(),
                        content.with(List.of(), List.of(), List.of(), null, null)
                                .digest(),
                        content.with(List.of(), List.of(), null, List.of(), null)
                                .digest(),
                        content.with(List.of(), List.of(), null, null, LimitRules.NONE)
                                .digest()))
                .doesNotHaveDuplicates()
                .allMatch(digest -> digest.matches("[0-9a-f]{16}"));
    }

    @Test
    void changes_leaveWhatTheyAreMadeOfAsItWas() {
        var content = RoutingContent.of(TABLE);
        var digest = content.digest();
        content.with(List.of(model("c", 1)), List.of("a"), null, null, null);
        assertThat(content.table(7)).isEqualTo(RoutingContent.of(TABLE).table(7));
        assertThat(content.digest()).isEqualTo(digest);
    }

    @Test
    void modelThatIsThereTwice_isRefused() {
        var twice = new RoutingTable(1, List.of(model("a", 1), model("a", 2)), List.of(), List.of());
        assertThatThrownBy(() -> RoutingContent.of(twice)).hasMessage("model a is there twice");
    }
}
