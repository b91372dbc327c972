package io.presage.api.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.api.replicas.EjectionPolicy.Cause;
import io.presage.api.replicas.EjectionPolicy.Standing;
import io.presage.api.replicas.EjectionPolicy.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class EjectionPolicyTest {
    private static final long SECOND = 1_000_000_000;
    private static final EjectionPolicy.Terms TERMS =
            TrafficSimulation.PROPERTIES.ejection().terms();

    private static Standing good() {
        return new Standing(0, 100, 0, 10_000_000, false, false);
    }

    private static Standing failing(int inARow) {
        return new Standing(inARow, inARow, inARow, 0, false, false);
    }

    private static Standing out() {
        return new Standing(0, 0, 0, 0, true, true);
    }

    private static List<Verdict> judge(Standing... all) {
        return EjectionPolicy.judge(TERMS, List.of(all));
    }

    @Test
    void failuresInARow_eject() {
        assertThat(judge(good(), failing(4), good())).isEmpty();
        assertThat(judge(good(), failing(5), good())).containsExactly(new Verdict(1, Cause.CONSECUTIVE));
    }

    @Test
    void suspect_isEjectedByItsFirstFailure() {
        assertThat(judge(good(), good(), new Standing(1, 1, 1, 0, false, true)))
                .containsExactly(new Verdict(2, Cause.CONSECUTIVE));
    }

    @Test
    void halfStaysIn_whateverHappens() {
        assertThat(judge(failing(9))).isEmpty();
        assertThat(judge(failing(9), failing(9))).hasSize(1);
        assertThat(judge(failing(9), failing(9), failing(9))).hasSize(1);
        assertThat(judge(failing(9), failing(9), failing(10), failing(9)))
                .hasSize(2)
                .startsWith(new Verdict(2, Cause.CONSECUTIVE));
        assertThat(judge(out(), failing(9), good())).isEmpty();
        assertThat(judge(out(), failing(9), good(), good())).hasSize(1);
    }

    @Test
    void whatAllDoBadly_isNobodysFault() {
        var third = new Standing(0, 90, 30, 10_000_000, false, false);
        assertThat(judge(third, third, third)).isEmpty();
        assertThat(judge(good(), third, good())).containsExactly(new Verdict(1, Cause.FAILURES));
        assertThat(judge(good(), new Standing(0, 19, 18, 0, false, false), good()))
                .as("too few calls to compare")
                .isEmpty();
    }

    @Test
    void slowReplica_mustBeMuchSlowerThanTheOthers() {
        assertThat(judge(good(), new Standing(0, 100, 0, 31_000_000, false, false), good()))
                .containsExactly(new Verdict(1, Cause.SLOW));
        assertThat(judge(good(), new Standing(0, 100, 0, 29_000_000, false, false), good()))
                .isEmpty();
        var tenth = new Standing(0, 100, 0, 1_000_000, false, false);
        assertThat(judge(tenth, new Standing(0, 100, 0, 9_000_000, false, false), tenth))
                .as("eight milliseconds are not worth it")
                .isEmpty();
        assertThat(judge(new Standing(0, 100, 0, 900_000_000, false, false), failing(1)))
                .as("nobody to compare with")
                .isEmpty();
    }

    @Test
    void ejectionsGrow_andAreForgotten() {
        var ejections = Ejections.NONE.ejected(TERMS, 0);
        assertThat(ejections).isEqualTo(new Ejections(1, 2 * SECOND, 2 * SECOND));
        assertThat(ejections.isOut(2 * SECOND - 1)).isTrue();
        assertThat(ejections.isOut(2 * SECOND)).isFalse();
        var second = ejections.ejected(TERMS, 3 * SECOND);
        assertThat(second).isEqualTo(new Ejections(2, 4 * SECOND, 7 * SECOND));
        assertThat(second.ejected(TERMS, 10 * SECOND).lastNanos()).isEqualTo(8 * SECOND);
        assertThat(second.ejected(TERMS, 12 * SECOND).lastNanos()).isEqualTo(4 * SECOND);
        assertThat(second.ejected(TERMS, 100 * SECOND).lastNanos()).isEqualTo(2 * SECOND);
        var last = Ejections.NONE;
        for (int i = 0; i < 20; i++) {
            last = last.ejected(TERMS, last.untilNanos());
        }
        assertThat(last.lastNanos()).isEqualTo(60 * SECOND);
    }
}
