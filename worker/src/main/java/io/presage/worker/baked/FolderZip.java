package io.presage.worker.baked;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/// The bytes of a folder as a zip, made while they are read: the same files give the same bytes. Files and folders
/// whose name begins with a dot stay out, links are followed (a mounted volume of Kubernetes is made of both). One
/// thread.
final class FolderZip extends InputStream {
    private static final LocalDateTime TIME = LocalDateTime.of(2000, 1, 1, 0, 0);
    private static final int CHUNK_BYTES = 256 << 10;

    private final ByteArrayOutputStream produced = new ByteArrayOutputStream();
    private final ZipOutputStream zip = new ZipOutputStream(produced);
    private final Iterator<Content> contents;
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private byte[] ready = {};
    private int position;
    private @Nullable InputStream current;
    private boolean isWhole;

    private interface Opener {
        InputStream open() throws IOException;
    }

    private record Content(String name, Opener opener) {}

    /// `path`: a file or a folder. `manifest`, when there is one, becomes `model.yaml`.
    FolderZip(Path path, @Nullable String manifest) throws IOException {
        zip.setLevel(Deflater.NO_COMPRESSION);
        var all = new ArrayList<Content>();
        if (manifest != null) {
            all.add(new Content(
                    "model.yaml", () -> new ByteArrayInputStream(manifest.getBytes(StandardCharsets.UTF_8))));
        }
        for (var file : files(path)) {
            var name = file.equals(path)
                    ? String.valueOf(path.getFileName())
                    : path.relativize(file).toString();
            all.add(new Content(name, () -> Files.newInputStream(file)));
        }
        this.contents = all.iterator();
    }

    private static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (var walk = Files.walk(path, FileVisitOption.FOLLOW_LINKS)) {
            return walk.filter(Files::isRegularFile)
                    .filter(file -> !isHidden(path.relativize(file)))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw new IOException(e.getCause());
        }
    }

    private static boolean isHidden(Path relative) {
        for (var part : relative) {
            if (part.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (position == ready.length) {
            if (isWhole) {
                return -1;
            }
            produce();
            ready = produced.toByteArray();
            produced.reset();
            position = 0;
        }
        int taken = Math.min(length, ready.length - position);
        System.arraycopy(ready, position, target, offset, taken);
        position += taken;
        return taken;
    }

    /// One step: an entry's head, a chunk of it, its end, or the end of the zip.
    private void produce() throws IOException {
        var open = current;
        if (open != null) {
            int n = open.read(chunk);
            if (n >= 0) {
                zip.write(chunk, 0, n);
            } else {
                open.close();
                current = null;
                zip.closeEntry();
            }
        } else if (contents.hasNext()) {
            var next = contents.next();
            var entry = new ZipEntry(next.name());
            entry.setTimeLocal(TIME);
            zip.putNextEntry(entry);
            current = next.opener().open();
        } else {
            zip.finish();
            isWhole = true;
        }
    }

    @Override
    public void close() throws IOException {
        var open = current;
        current = null;
        if (open != null) {
            open.close();
        }
        zip.close();
    }
}
