package io.presage.contract.infer;

import org.jspecify.annotations.Nullable;

/// Strings for the names that come again and again, so that a call makes none. Holds at most 64 short names; a
/// name that hashes to another's place takes it. One thread.
final class NameCache {
    private static final int PLACES = 64;
    private static final int NAME_BYTES_MAX = 64;

    private final @Nullable Entry[] entries = new @Nullable Entry[PLACES];

    private static final class Entry {
        final byte[] utf8;
        final String name;

        Entry(byte[] utf8, String name) {
            this.utf8 = utf8;
            this.name = name;
        }
    }

    /// The last text of `scanner` as a string.
    String nameOf(JsonScanner scanner) {
        int length = scanner.textLength();
        if (length > NAME_BYTES_MAX) {
            return scanner.textAsString();
        }
        int place = scanner.textHash() & (PLACES - 1);
        Entry entry = entries[place];
        if (entry == null || !scanner.isText(entry.utf8)) {
            entry = new Entry(scanner.copyText(), scanner.textAsString());
            entries[place] = entry;
        }
        return entry.name;
    }
}
