package io.presage.registry.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.SliceRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class SliceLedgerTest {
    private final AtomicLong nanos = new AtomicLong();
    private final SliceLedger ledger =
            new SliceLedger(new LimitsProperties(Duration.ofSeconds(6), Duration.ofDays(90)), nanos::get);

    private void seconds(long seconds) {
        nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }

    private int ask(String id, String incarnation, int held, long wanted) {
        return ledger.slices(new SliceRequest(
                        id,
                        incarnation,
                        false,
                        2,
                        1000,
                        List.of(new SliceRequest.Lease("l", 100, 1000, held, wanted)),
                        List.of()))
                .slices()
                .getFirst()
                .permits();
    }

    private int ask(String gateway, int held, long wanted) {
        return ask(gateway, gateway, held, wanted);
    }

    private void leave(String gateway) {
        ledger.slices(new SliceRequest(gateway, gateway, true, 2, 1000, List.of(), List.of()));
    }

    @Test
    void justStarted_nothingGrows_untilEachHadTimeToSpeak() {
        assertThat(ask("a", 40, 500)).isEqualTo(40);
        seconds(7);
        assertThat(ask("a", 40, 500)).isEqualTo(100);
    }

    @Test
    void justStarted_isOver_whenAllKnownGatewaysSpoke() {
        assertThat(ask("a", 40, 100)).isEqualTo(40);
        assertThat(ask("b", 40, 100)).isEqualTo(50);
        assertThat(ask("a", 40, 100)).isEqualTo(50);
    }

    @Test
    void moves_onlyWhatTheOtherSaysItGaveUp() {
        seconds(7);
        assertThat(ask("a", 0, 10)).isEqualTo(100);
        assertThat(ask("b", 0, 500)).as("a may use all of it").isZero();
        int shrunk = ask("a", 100, 10);
        assertThat(shrunk).isLessThan(50);
        assertThat(ask("b", 0, 500)).as("a's answer may be lost").isZero();
        assertThat(ask("a", shrunk, 10)).isLessThanOrEqualTo(shrunk);
        assertThat(ask("b", 0, 500)).isEqualTo(100 - shrunk);
    }

    @Test
    void beginner_keepsItsFirstPart_untilTheHolderOfAllShrank() {
        seconds(7);
        assertThat(ask("a", 0, 10)).isEqualTo(100);
        assertThat(ask("b", 5, 20)).isEqualTo(5);
        assertThat(ask("b", 5, 20)).isEqualTo(5);
        int shrunk = ask("a", 100, 10);
        ask("a", shrunk, 10);
        assertThat(ask("b", 5, 20)).isGreaterThan(40).isLessThanOrEqualTo(100 - shrunk);
    }

    @Test
    void lostGateway_isFree_andALeavingOneAtOnce() {
        seconds(7);
        ask("a", 0, 100);
        ask("b", 0, 100);
        for (int second = 0; second < 6; second++) {
            assertThat(ask("b", 0, 100)).isZero();
            seconds(1);
        }
        seconds(1);
        assertThat(ask("b", 0, 100)).isEqualTo(100);
        leave("b");
        assertThat(ask("c", 0, 1)).isEqualTo(100);
        assertThat(ledger.gateways()).isEqualTo(1);
    }

    @Test
    void registryThatWasAway_losesNobodyForThat() {
        seconds(7);
        assertThat(ask("a", 0, 100)).isEqualTo(100);
        ask("b", 0, 100);
        seconds(7);
        for (int second = 0; second < 6; second++) {
            assertThat(ask("b", 0, 100)).as("a may have called in vain").isZero();
            seconds(1);
        }
        assertThat(ask("b", 0, 100)).isEqualTo(100);
    }

    @Test
    void restartedGateway_takesOverWhatItsFormerSelfHeld() {
        seconds(7);
        assertThat(ask("g", "first", 0, 10)).isEqualTo(100);
        seconds(1);
        assertThat(ask("g", "second", 0, 10)).isZero();
        seconds(2);
        assertThat(ask("g", "second", 0, 10)).isEqualTo(100);
    }

    @Test
    void limitThatIsNotNamedAnyMore_isGivenUp() {
        seconds(7);
        ask("a", 0, 10);
        ledger.slices(new SliceRequest("a", "a", false, 2, 1000, List.of(), List.of()));
        assertThat(ask("b", 0, 10)).isEqualTo(100);
        assertThat(ledger.view(10))
                .singleElement()
                .satisfies(limit -> assertThat(limit.gateways())
                        .extracting(SliceLedger.Share::gateway)
                        .containsExactly("b"));
    }

    @Test
    void allowances_ofAllTogether_stayWithinTheQuota() {
        seconds(7);
        ask("a", 0, 0);
        ask("b", 0, 0);
        var calls = new SliceLedger.Allowed("t", 20_000, false);
        long one = ledger.allowance("a", calls, 1000, 0, 0);
        long two = ledger.allowance("b", calls, 1000, 0, 0);
        assertThat(one).isEqualTo(500);
        assertThat(two).isEqualTo(250);
        assertThat(ledger.allowance("a", calls, 1000, one, 0)).isEqualTo(125);
        assertThat(ledger.allowance("b", calls, 1000, 1000, 0)).isZero();
    }
}
