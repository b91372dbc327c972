package io.presage.worker.batching;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Against a list that is sorted anew each time.
class CallQueueTest {
    private record Call(int id, Priority priority, long deadlineNanos, int rows) implements BatchPolicy.Waiting {
        @Override
        public int length() {
            return 3;
        }

        @Override
        public int unitsPerRow() {
            return 3;
        }

        @Override
        public long bytes() {
            return 10L * rows;
        }

        @Override
        public long groupKey() {
            return 0;
        }

        @Override
        public long arrivalNanos() {
            return id;
        }

        @Override
        public boolean isAbandoned() {
            return false;
        }
    }

    private final CallQueue<Call> queue = new CallQueue<>();
    private final List<Call> expected = new ArrayList<>();

    @Test
    void behavesLikeASortedList() {
        long seed = 42;
        var random = new Random(seed);
        for (int step = 0; step < 20_000; step++) {
            if (random.nextInt(100) < 52) {
                add(new Call(step, Priority.values()[random.nextInt(3)], random.nextInt(50), 1 + random.nextInt(3)));
            } else if (!expected.isEmpty() && random.nextInt(10) == 0) {
                var priority = expected.get(random.nextInt(expected.size())).priority();
                var last = expected.stream()
                        .filter(call -> call.priority() == priority)
                        .toList()
                        .getLast();
                assertThat(queue.removeLastOf(priority)).isEqualTo(last);
                expected.remove(last);
            } else {
                remove(random.ints(0, Math.max(1, Math.min(20, expected.size())))
                        .limit(expected.isEmpty() ? 0 : random.nextInt(4))
                        .distinct()
                        .sorted()
                        .toArray());
            }
            check("seed " + seed + ", step " + step);
        }
    }

    private void add(Call call) {
        queue.add(call);
        expected.add(call);
        expected.sort(Comparator.comparing(Call::priority).thenComparing(Call::deadlineNanos));
    }

    private void remove(int[] indexes) {
        queue.remove(indexes);
        for (int i = indexes.length - 1; i >= 0; i--) {
            expected.remove(indexes[i]);
        }
    }

    private void check(String where) {
        var actual = new ArrayList<Call>();
        for (int i = 0; i < queue.size(); i++) {
            actual.add(queue.get(i));
        }
        assertThat(actual).as(where).isEqualTo(expected);
        int rows = expected.stream().mapToInt(Call::rows).sum();
        assertThat(queue.rows()).as(where).isEqualTo(rows);
        assertThat(queue.bytes()).as(where).isEqualTo(10L * rows);
        assertThat(queue.units()).as(where).isEqualTo(3L * rows);
        for (var priority : Priority.values()) {
            int before = (int) expected.stream()
                    .filter(call -> call.priority().compareTo(priority) < 0)
                    .count();
            assertThat(queue.firstOf(priority)).as(where).isEqualTo(before);
        }
    }
}
