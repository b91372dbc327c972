package io.presage.worker.batching;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Waiting calls in the order of priority, then deadline, then arrival; with equal timeouts a priority's calls
/// lie in the order of arrival and are added at the end. What is taken lies near the front. Holds next to
/// nothing when empty. One thread, or under its owner's lock.
final class CallQueue<T extends BatchPolicy.Waiting> {
    private static final @Nullable Object[] NONE = {};
    private static final int KEPT_MAX = 64;

    private @Nullable Object[] calls = NONE;
    private int head;
    private int tail;
    private final int[] ofPriority = new int[Priority.values().length];
    private final int[] rowsOfPriority = new int[ofPriority.length];
    private long bytes;
    private long units;

    int size() {
        return tail - head;
    }

    boolean isEmpty() {
        return tail == head;
    }

    /// `index`: 0 is the first.
    @SuppressWarnings("unchecked")
    T get(int index) {
        return (T) Objects.requireNonNull(calls[head + index]);
    }

    int rows() {
        int rows = 0;
        for (int some : rowsOfPriority) {
            rows += some;
        }
        return rows;
    }

    int rowsOf(Priority priority) {
        return rowsOfPriority[priority.ordinal()];
    }

    long bytes() {
        return bytes;
    }

    /// Rows, or tokens where rows are padded.
    long units() {
        return units;
    }

    /// Index of the priority's first call; that of the next lower one's when it has none.
    int firstOf(Priority priority) {
        int index = 0;
        for (int i = 0; i < priority.ordinal(); i++) {
            index += ofPriority[i];
        }
        return index;
    }

    void add(T call) {
        if (tail == calls.length) {
            makeRoom();
        }
        int at = tail;
        if (size() > 0 && isBefore(call, get(size() - 1))) {
            at = head + firstAfter(call);
            System.arraycopy(calls, at, calls, at + 1, tail - at);
        }
        calls[at] = call;
        tail++;
        count(call, 1);
    }

    private int firstAfter(T call) {
        int low = 0;
        int high = size() - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (isBefore(call, get(middle))) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private static boolean isBefore(BatchPolicy.Waiting a, BatchPolicy.Waiting b) {
        int order = a.priority().compareTo(b.priority());
        return order < 0 || (order == 0 && a.deadlineNanos() - b.deadlineNanos() < 0);
    }

    private void makeRoom() {
        int size = size();
        var target = head >= calls.length / 2 && head > 0 ? calls : new Object[Math.max(16, 2 * calls.length)];
        System.arraycopy(calls, head, target, 0, size);
        if (target == calls) {
            Arrays.fill(calls, size, tail, null);
        }
        calls = target;
        head = 0;
        tail = size;
    }

    /// Removes and gives the priority's call that would be served last; it has one.
    T removeLastOf(Priority priority) {
        int index = firstOf(priority) + ofPriority[priority.ordinal()] - 1;
        var last = get(index);
        remove(new int[] {index});
        return last;
    }

    /// `indexes`: ascending.
    void remove(int[] indexes) {
        if (indexes.length == 0) {
            return;
        }
        int left = indexes.length - 1;
        int to = head + indexes[left];
        for (int from = to; from >= head; from--) {
            if (left >= 0 && from - head == indexes[left]) {
                left--;
                count(get(from - head), -1);
            } else {
                calls[to--] = calls[from];
            }
        }
        Arrays.fill(calls, head, to + 1, null);
        head = to + 1;
        shrink();
    }

    private void shrink() {
        if (head == tail) {
            head = 0;
            tail = 0;
            if (calls.length > KEPT_MAX) {
                calls = NONE;
            }
        }
    }

    private void count(T call, int sign) {
        ofPriority[call.priority().ordinal()] += sign;
        rowsOfPriority[call.priority().ordinal()] += sign * call.rows();
        bytes += sign * call.bytes();
        units += sign * call.units();
    }
}
