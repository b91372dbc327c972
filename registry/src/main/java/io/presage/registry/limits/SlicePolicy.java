package io.presage.registry.limits;

import java.util.Comparator;
import java.util.stream.IntStream;

/// How a limit is shared out among gateways. Pure.
///
/// Two rules. *What each should have*: what it wants, and an even part of what nobody wants; when together they
/// want more than there is, in proportion to their wants, but a tenth of the limit is spread evenly, so that a
/// gateway whose calls begin finds something. *What each gets now*: never more than what others cannot use any
/// more, so that the sum of what gateways may use is at no time over the limit. A slice therefore shrinks at
/// one gateway first, and grows at another when the first has said that it shrank.
final class SlicePolicy {
    private static final double EVEN_PART = 0.1;
    private static final double NEWEST_PART = 0.5;

    /// Permits that the gateway `self` may use in each period from now on.
    ///
    /// @param permits of the whole limit
    /// @param held by `self` now
    /// @param othersHold the most that all others may use
    /// @param wanted permits a period that each gateway wants, `self` included
    /// @param frozen others may hold what nobody here knows of: nothing grows
    static int slice(int permits, int held, long othersHold, double[] wanted, int self, boolean frozen) {
        long free = Math.max(0, permits - othersHold);
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

    /// Wants a period, smoothed, so that one quiet second does not give everything away.
    static double wants(double before, long wanted, long periodMillis, long elapsedMillis) {
        double now = (double) wanted * periodMillis / Math.max(1, elapsedMillis);
        return NEWEST_PART * now + (1 - NEWEST_PART) * before;
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
