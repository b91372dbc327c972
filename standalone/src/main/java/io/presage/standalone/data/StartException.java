package io.presage.standalone.data;

/// Why `presage up` cannot go on, as one line for the person at the terminal: what is wrong and what to do
/// about it.
public final class StartException extends RuntimeException {
    public StartException(String line) {
        super(line, null, false, false);
    }

    public StartException(String line, Throwable cause) {
        super(line, cause);
    }

    /// Never null, unlike its parent's.
    public String line() {
        return String.valueOf(getMessage());
    }
}
