package io.presage.standalone.demo;

/// A demo model cannot be had on this machine. The message says why and how to get it, in one line.
final class LeftOutException extends Exception {
    LeftOutException(String line) {
        super(line, null, false, false);
    }

    /// Never null, unlike its parent's.
    String line() {
        return String.valueOf(getMessage());
    }
}
