package io.presage.api.limits;

import org.jspecify.annotations.Nullable;

/// What a call that was let in owes. Any thread.
public interface Permit {
    int ROWS_DIGITS_MAX = 12;

    /// Of a call that no limit counts by rows.
    Permit PLAIN = new Permit() {
        @Override
        public boolean countsRows() {
            return false;
        }

        @Override
        public void ended(long rows) {
            // Nobody counts them.
        }
    };

    /// Rows that a worker's answer says it ran; one that does not say ran one.
    static long rows(@Nullable String header) {
        if (header == null || header.isEmpty() || header.length() > ROWS_DIGITS_MAX) {
            return 1;
        }
        long rows = 0;
        for (int i = 0; i < header.length(); i++) {
            int digit = header.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return 1;
            }
            rows = rows * 10 + digit;
        }
        return rows;
    }

    /// Whether anybody wants to know how many rows it had.
    boolean countsRows();

    /// The call ended: `rows` were run for it, 0 when none were. To be told once, if [#countsRows].
    void ended(long rows);
}
