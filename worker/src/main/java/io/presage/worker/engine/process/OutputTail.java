package io.presage.worker.engine.process;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads what a child prints, to the end, whatever it prints: lines are cut, the first ones are logged, the last
/// ones are kept for its card. One thread reads, any thread asks.
final class OutputTail {
    private static final Logger log = LoggerFactory.getLogger(OutputTail.class);
    private static final int LINE_BYTES_MAX = 500;
    private static final int KEPT_LINES_MAX = 20;
    private static final int LOGGED_LINES_MAX = 100;

    private final String name;

    @GuardedBy("this")
    private final Deque<String> last = new ArrayDeque<>();

    private long lines;

    OutputTail(String name) {
        this.name = name;
    }

    void readAll(InputStream in) {
        var line = new byte[LINE_BYTES_MAX];
        var buffer = new byte[4096];
        int length = 0;
        try (in) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                for (int i = 0; i < count; i++) {
                    if (buffer[i] == '\n') {
                        add(line, length);
                        length = 0;
                    } else if (length < LINE_BYTES_MAX) {
                        line[length++] = buffer[i];
                    }
                }
            }
        } catch (IOException e) {
            log.debug("event=engine_child_output_ended child={}", name, e);
        }
        add(line, length);
    }

    private void add(byte[] line, int length) {
        var text = new String(line, 0, length, StandardCharsets.UTF_8)
                .replaceAll("\\p{Cntrl}", " ")
                .strip();
        if (text.isEmpty()) {
            return;
        }
        lines++;
        if (lines <= LOGGED_LINES_MAX) {
            log.info("event=engine_child_says child={} text={}", name, text);
        } else if (lines == LOGGED_LINES_MAX + 1) {
            log.info("event=engine_child_says child={} text=(more is not logged)", name);
        }
        synchronized (this) {
            last.addLast(text);
            if (last.size() > KEPT_LINES_MAX) {
                last.removeFirst();
            }
        }
    }

    synchronized List<String> last() {
        return List.copyOf(last);
    }
}
