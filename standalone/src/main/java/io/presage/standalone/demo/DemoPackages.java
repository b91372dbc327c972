package io.presage.standalone.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/// Makes the package of a demo model from its sources.
final class DemoPackages {
    private final NpmStore npm;
    private final PathMatchingResourcePatternResolver resources = new PathMatchingResourcePatternResolver();

    DemoPackages(NpmStore npm) {
        this.npm = npm;
    }

    /// Writes the package to `zip` and answers its SHA-256.
    ///
    /// @throws LeftOutException when a source is not to be had on this machine
    String write(DemoModel model, Path zip) throws IOException, InterruptedException, LeftOutException {
        PackageZip.write(zip, files(model));
        return Digests.of(zip);
    }

    private SortedMap<String, byte[]> files(DemoModel model)
            throws IOException, InterruptedException, LeftOutException {
        var files = new TreeMap<String, byte[]>();
        var folder = "examples/models/" + model.name() + "/";
        for (var resource : resources.getResources("classpath:" + folder + "**/*")) {
            var url = resource.getURL().toString();
            if (resource.isReadable() && !url.endsWith("/")) {
                files.put(url.substring(url.lastIndexOf(folder) + folder.length()), resource.getContentAsByteArray());
            }
        }
        if (model.npm() != null) {
            files.putAll(npm.read(model.npm(), model.files()));
        } else {
            for (var file : model.files()) {
                files.put(
                        file.as(),
                        resources.getResource("classpath:" + file.from()).getContentAsByteArray());
            }
        }
        for (var file : model.files()) {
            check(model, file, files.get(file.as()));
        }
        return files;
    }

    private static void check(DemoModel model, DemoModel.ModelFile file, byte @Nullable [] bytes)
            throws LeftOutException {
        if (file.sha256() != null && bytes != null && !Digests.of(bytes).equals(file.sha256())) {
            throw new LeftOutException(model.name() + ": " + file.from() + " has SHA-256 " + Digests.of(bytes)
                    + " (expected: " + file.sha256() + "; build again from a clean Maven repository)");
        }
    }
}
