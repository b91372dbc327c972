package io.presage.worker.artifacts;

/// The cards of packages that are not unpacked.
final class Refusal {
    private static final int NAME_CHARS_MAX = 80;

    private Refusal() {}

    static PackageException unsafe(String evidence) {
        return PackageException.refused(
                "unpack", "unsafe-package", evidence, "Pack plain files with plain relative names, each once.");
    }

    static PackageException corrupt(String evidence) {
        return PackageException.refused(
                "unpack", "corrupt-package", evidence, "Pack the files again and upload whole.");
    }

    static String cut(String name) {
        var shown = new StringBuilder();
        for (int i = 0; i < name.length() && i < NAME_CHARS_MAX; i++) {
            char c = name.charAt(i);
            shown.append(Character.isISOControl(c) ? '?' : c);
        }
        return name.length() <= NAME_CHARS_MAX ? shown.toString() : shown + "...";
    }
}
