package io.presage.worker.engine.packs;

import io.presage.contract.state.Failure;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.EngineProvider;
import io.presage.worker.engine.LoadException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/// Opens one pack: a folder of jars with an [EngineProvider] of the folder's name among them.
public final class Pack {
    private Pack() {}

    static boolean isPack(Path folder) {
        try {
            return !jars(folder).isEmpty();
        } catch (IOException _) {
            return false;
        }
    }

    private static List<Path> jars(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder, "*.jar")) {
            var jars = new ArrayList<Path>();
            files.forEach(jars::add);
            jars.sort(null);
            return jars;
        }
    }

    /// Loads the pack's classes and natives, which stay for the life of the process. Once for each folder.
    ///
    /// @param name of the engine
    /// @throws LoadException `engine-broken`, or what the provider says of its natives
    public static Engine open(String name, Path folder) throws LoadException {
        var thread = Thread.currentThread();
        var context = thread.getContextClassLoader();
        try {
            var urls = new ArrayList<URL>();
            for (var jar : jars(folder)) {
                urls.add(jar.toUri().toURL());
            }
            // Never closed: the engine loads further classes whenever it needs them.
            var loader = new URLClassLoader(
                    "pack-" + name, urls.toArray(URL[]::new), new SharedTypes(Pack.class.getClassLoader()));
            thread.setContextClassLoader(loader);
            for (var provider : ServiceLoader.load(EngineProvider.class, loader)) {
                if (provider.name().equals(name)) {
                    return provider.create(folder);
                }
            }
            throw broken(name, folder, "no EngineProvider named " + name + " in its " + urls.size() + " jars", null);
        } catch (IOException | ServiceConfigurationError | LinkageError | RuntimeException e) {
            throw broken(name, folder, String.valueOf(e), e);
        } finally {
            thread.setContextClassLoader(context);
        }
    }

    private static LoadException broken(
            String name, Path folder, String evidence, @org.jspecify.annotations.Nullable Throwable cause) {
        return new LoadException(
                new Failure(
                        "load",
                        "engine-broken",
                        "pack " + name + " in " + folder + ": " + evidence,
                        "Install the pack of this worker's release again and restart the worker."),
                cause);
    }
}
