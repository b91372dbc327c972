package io.presage.worker.artifacts;

import static io.presage.worker.artifacts.Refusal.cut;
import static io.presage.worker.artifacts.Refusal.unsafe;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// The folder that a package is unpacked into. Gives out new files and folders inside it, and refuses names
/// that would be another file elsewhere: the same package has the same files on every system. One package, one
/// thread.
final class Target {
    private static final int NAME_CHARS_MAX = 512;
    /// What most file systems take.
    private static final int PART_BYTES_MAX = 255;
    /// Names that are devices on Windows, with any extension.
    private static final Pattern RESERVED =
            Pattern.compile("(?:CON|PRN|AUX|NUL|COM\\d|LPT\\d)(?:\\..*)?", Pattern.CASE_INSENSITIVE);

    private final Path folder;
    private final Set<String> names = new HashSet<>();
    private int entries;

    Target(Path folder) {
        this.folder = folder;
    }

    boolean isEmpty() {
        return entries == 0;
    }

    void folder(String name) throws PackageException, IOException {
        count();
        var plain = plain(name.endsWith("/") ? name.substring(0, name.length() - 1) : name);
        if (plain.isEmpty() || plain.equals(".")) {
            return;
        }
        var path = resolve(plain, name);
        try {
            Files.createDirectories(path);
        } catch (FileAlreadyExistsException | NotDirectoryException e) {
            throw unsafe("entry '" + cut(name) + "' is a file and a folder");
        }
    }

    /// A new empty file, open for writing.
    FileChannel file(String name) throws PackageException, IOException {
        count();
        var path = resolve(plain(name), name);
        var parent = path.getParent();
        if (parent == null) {
            throw new IllegalStateException(path + " has no parent. This is a bug.");
        }
        try {
            Files.createDirectories(parent);
            return FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException | NotDirectoryException e) {
            throw unsafe("entry '" + cut(name) + "' is a file and a folder");
        }
    }

    private void count() throws PackageException {
        if (++entries > PackageUnpacker.ENTRIES_MAX) {
            throw unsafe("more than " + PackageUnpacker.ENTRIES_MAX + " entries");
        }
    }

    private static String plain(String name) {
        return name.startsWith("./") ? name.substring(2) : name;
    }

    private Path resolve(String plain, String name) throws PackageException {
        check(plain, name);
        // One name in two cases, or of two forms of one letter, is two files here and one elsewhere.
        var folded = Normalizer.normalize(plain, Normalizer.Form.NFKC)
                .toUpperCase(Locale.ROOT)
                .toLowerCase(Locale.ROOT);
        if (!names.add(folded)) {
            throw unsafe("entry '" + cut(name) + "' is there twice");
        }
        var path = folder.resolve(plain).normalize();
        if (!path.startsWith(folder)) {
            throw unsafe("entry '" + cut(name) + "' leaves the package");
        }
        return path;
    }

    private static void check(String plain, String name) throws PackageException {
        if (plain.length() > NAME_CHARS_MAX || plain.startsWith("/") || plain.contains("\\") || plain.contains(":")) {
            throw unsafe("entry '" + cut(name) + "' (expected: a relative path of at most " + NAME_CHARS_MAX
                    + " characters with '/' between its parts)");
        }
        for (int i = 0; i < plain.length(); i++) {
            int type = Character.getType(plain.charAt(i));
            if (type == Character.CONTROL
                    || type == Character.FORMAT
                    || type == Character.LINE_SEPARATOR
                    || type == Character.PARAGRAPH_SEPARATOR) {
                throw unsafe("entry '" + cut(name) + "' has a control character in its name");
            }
        }
        for (var part : plain.split("/", -1)) {
            if (part.isEmpty() || part.equals("..") || part.equals(".")) {
                throw unsafe("entry '" + cut(name) + "' has a part '" + part + "'");
            }
            if (part.endsWith(".")
                    || part.endsWith(" ")
                    || RESERVED.matcher(part).matches()) {
                throw unsafe("entry '" + cut(name) + "' has a part '" + cut(part)
                        + "', which is another name on other systems");
            }
            if (part.getBytes(StandardCharsets.UTF_8).length > PART_BYTES_MAX) {
                throw unsafe("entry '" + cut(name) + "' has a part of more than " + PART_BYTES_MAX + " bytes");
            }
        }
    }
}
