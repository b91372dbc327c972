package io.presage.registry.limits;

import io.presage.contract.state.SliceRequest;
import java.util.Comparator;
import java.util.stream.IntStream;

/// How a limit is shared out among gateways. Pure.
///
/// Two rules. *What each should have*: what it wants, and an even part of what nobody wants; when together they
/// want more than there is, in proportion to their wants, but a tenth of the limit is spread evenly, so that a
/// gateway whose calls begin finds something. *What each gets now*: never more than what others cannot use any
/// more. A slice therefore shrinks at one gateway first, and grows at another when the first has said that it
/// shrank.
///
/// The sum of what gateways may use is over the limit only by what they began with: a gateway that counts a limit
/// for the first time takes a small part of it before it asks ([SliceRequest#first]), and keeps that while the
/// others have not shrunk yet. Else one that holds a limit whole would have another's callers refused, however
/// little of it is used.
final class SlicePolicy {
    private static final double EVEN_PART = 0.1;
    private static final double HALVED_IN_MILLIS = 1000;

    /// Permits that the gateway `self` may use in each period from now on.
    ///
    /// @param permits of the whole limit
    /// @param held by `self` now
    /// @param othersHold the most that all others may use
    /// @param wanted permits a period that each gateway wants, `self` included
    /// @param gateways that may begin to count it
    /// @param frozen others may hold what nobody here knows of: nothing grows
    static int slice(int permits, int held, long othersHold, double[] wanted, int self, int gateways, boolean frozen) {
        long free = Math.max(permits - othersHold, Math.min(held, SliceRequest.first(permits, gateways)));
        int target = shares(permits, wanted)[self];
        return (int) Math.min(frozen ? Math.min(target, held) : target, free);
    }

    /// What each should have: whole permits, their sum is `permits`.
    static int[] shares(int permits, double[] wanted) {
        int gateways = wanted.length;
        double sum = 0;
        for (double one : wanted) {
            sum += one;
        }
        var whole = new int[gateways];
        var parts = new double[gateways];
        int left = permits;
        for (int i = 0; i < gateways; i++) {
            double share = sum <= permits
                    ? wanted[i] + (permits - sum) / gateways
                    : permits * (EVEN_PART / gateways + (1 - EVEN_PART) * wanted[i] / sum);
            whole[i] = Math.min(left, (int) share);
            parts[i] = share - whole[i];
            left -= whole[i];
        }
        var byPart = IntStream.range(0, gateways)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -parts[i]))
                .toList();
        for (int i = 0; left > 0; i = (i + 1) % gateways) {
            whole[byPart.get(i)]++;
            left--;
        }
        return whole;
    }

    /// Wants a period, smoothed, so that one quiet second does not give everything away: what was before halves in
    /// each second.
    ///
    /// @param before NaN the first time: then what is wanted now counts whole
    static double wants(double before, long wanted, long periodMillis, long elapsedMillis) {
        double now = (double) wanted * periodMillis / Math.max(1, elapsedMillis);
        double old = Math.pow(0.5, elapsedMillis / HALVED_IN_MILLIS);
        return Double.isNaN(before) ? now : (1 - old) * now + old * before;
    }

    /// How much of a day's quota one gateway may use before it asks again.
    ///
    /// @param quota of the day
    /// @param used by all, as far as it was reported
    /// @param othersHold allowances of others that may have been used since
    /// @param held of the one that asks
    static long allowance(long quota, long used, long othersHold, long held, int gateways, boolean frozen) {
        long free = Math.max(0, quota - used - othersHold);
        long part = gateways <= 1 ? free : (free + 1) / 2;
        return frozen ? Math.min(held, free) : part;
    }

    private SlicePolicy() {}
}
