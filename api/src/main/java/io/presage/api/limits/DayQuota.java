package io.presage.api.limits;

import io.presage.contract.state.Quota;
import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A tenant's quota of the day as this gateway counts it: what it let in, and up to where it may. The registry
/// moves that mark with each answer; in between, and while the registry is away, the mark stands.
///
/// Counted on any thread; the rest is for the one thread that speaks to the registry.
final class DayQuota {
    /// A gateway that just started does not know what was used before it: this part of the quota is its own
    /// until it does.
    private static final long FIRST_PART = 100;
    private static final int ENDED_DAYS_MAX = 4;

    private final String tenant;
    private final Quota quota;
    private final AtomicLong calls = new AtomicLong();
    private final AtomicLong rows = new AtomicLong();
    private final Deque<SliceRequest.Usage> ended = new ArrayDeque<>();
    private volatile long callsUpTo;
    private volatile long rowsUpTo;
    private volatile boolean spent;
    private long day;

    DayQuota(String tenant, Quota quota, long day) {
        this.tenant = tenant;
        this.quota = quota;
        this.day = day;
        this.callsUpTo = part(quota.callsPerDay(), FIRST_PART);
        this.rowsUpTo = part(quota.rowsPerDay(), FIRST_PART);
    }

    private static long part(@Nullable Long perDay, long divisor) {
        return perDay == null ? Long.MAX_VALUE : Math.ceilDiv(perDay, divisor);
    }

    Quota quota() {
        return quota;
    }

    /// The same day under another quota.
    DayQuota changed(Quota next) {
        var changed = new DayQuota(tenant, next, day);
        changed.calls.set(calls.get());
        changed.rows.set(rows.get());
        changed.ended.addAll(ended);
        changed.callsUpTo = upTo(next.callsPerDay(), calls.get(), part(next.callsPerDay(), FIRST_PART));
        changed.rowsUpTo = upTo(next.rowsPerDay(), rows.get(), part(next.rowsPerDay(), FIRST_PART));
        return changed;
    }

    boolean tryTake() {
        if (rows.get() >= rowsUpTo) {
            return false;
        }
        if (calls.incrementAndGet() > callsUpTo) {
            calls.decrementAndGet();
            return false;
        }
        return true;
    }

    void giveBack() {
        calls.decrementAndGet();
    }

    void ended(long rowsOfCall) {
        rows.addAndGet(rowsOfCall);
    }

    boolean countsRows() {
        return quota.rowsPerDay() != null;
    }

    /// Nothing is left for anybody; otherwise the next answer may bring more.
    boolean spent() {
        return spent;
    }

    /// `today` in days since 1970 (UTC). What a new day brings is shared evenly until the registry says
    /// otherwise.
    void turn(long today, int gateways) {
        if (today <= day) {
            return;
        }
        if (ended.size() == ENDED_DAYS_MAX) {
            ended.removeFirst();
        }
        ended.add(new SliceRequest.Usage(tenant, day, calls.getAndSet(0), rows.getAndSet(0), null, 0, 0));
        day = today;
        spent = false;
        callsUpTo = part(quota.callsPerDay(), Math.max(1, gateways));
        rowsUpTo = part(quota.rowsPerDay(), Math.max(1, gateways));
    }

    /// What the registry is told.
    void report(List<SliceRequest.Usage> into) {
        into.addAll(ended);
        long calledSoFar = Math.max(0, calls.get());
        long rowsSoFar = rows.get();
        into.add(new SliceRequest.Usage(
                tenant,
                day,
                calledSoFar,
                rowsSoFar,
                quota,
                quota.callsPerDay() == null ? 0 : Math.max(0, callsUpTo - calledSoFar),
                quota.rowsPerDay() == null ? 0 : Math.max(0, rowsUpTo - rowsSoFar)));
    }

    /// The registry's answer to `reported`.
    void allowed(SliceAnswer.Allowance allowance, SliceRequest.Usage reported) {
        ended.clear();
        if (allowance.day() == day && reported.day() == day) {
            callsUpTo = upTo(quota.callsPerDay(), reported.calls(), allowance.calls());
            rowsUpTo = upTo(quota.rowsPerDay(), reported.rows(), allowance.rows());
            spent = allowance.spent();
        }
    }

    private static long upTo(@Nullable Long perDay, long used, long more) {
        return perDay == null ? Long.MAX_VALUE : used + more;
    }
}
