package io.presage.worker.versions;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// The calls that wait for versions which are not in memory: a bounded number of them. Any thread; nothing is done
/// under its lock but keeping the books.
final class Demands {
    private final int waitingMax;

    @GuardedBy("this")
    private final Map<VersionKey, List<Demand>> waiting = new HashMap<>();

    @GuardedBy("this")
    private int count;

    Demands(int waitingMax) {
        this.waitingMax = waitingMax;
    }

    /// False when too many wait already.
    synchronized boolean add(VersionKey key, Demand demand) {
        if (count >= waitingMax) {
            return false;
        }
        waiting.computeIfAbsent(key, _ -> new ArrayList<>()).add(demand);
        count++;
        return true;
    }

    synchronized Set<VersionKey> keys() {
        return Set.copyOf(waiting.keySet());
    }

    /// Those of the version that `isOver` holds for; they no longer wait.
    synchronized List<Demand> take(VersionKey key, Predicate<Demand> isOver) {
        var all = waiting.get(key);
        if (all == null) {
            return List.of();
        }
        var over = all.stream().filter(isOver).toList();
        all.removeAll(over);
        count -= over.size();
        if (all.isEmpty()) {
            waiting.remove(key);
        }
        return over;
    }

    /// The earliest deadline; `none` when nobody waits.
    synchronized long earliestDeadline(long none) {
        long earliest = none;
        for (var all : waiting.values()) {
            for (var demand : all) {
                if (demand.deadlineNanos() - earliest < 0) {
                    earliest = demand.deadlineNanos();
                }
            }
        }
        return earliest;
    }

    synchronized int count() {
        return count;
    }
}
