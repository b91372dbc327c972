package io.presage.worker.engine.packs;

import io.presage.worker.engine.EngineProvider;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/// Packs whose classes nobody else has: compiled when the test runs.
public final class PackForTests {
    private PackForTests() {}

    /// A pack whose provider does `create` when it is asked for its engine. The property `pack.NAME` is set once
    /// its classes are loaded.
    public static Path write(Path directory, String name, String create) throws IOException {
        return write(
                directory, name, create, "throw new UnsupportedOperationException(\"not loaded in this test\");", "");
    }

    /// As above; its engines' `load` does `load`, and its provider has more `members`.
    public static Path write(Path directory, String name, String create, String load, String members)
            throws IOException {
        var source = """
                package pack;

                import io.presage.contract.infer.*;
                import io.presage.contract.state.Failure;
                import io.presage.worker.artifacts.ModelPackage;
                import io.presage.worker.engine.*;
                import java.nio.file.*;
                import java.util.*;

                public final class Provider implements EngineProvider {
                    static {
                        System.setProperty("pack.NAME", "opened");
                    }

                    @Override
                    public String name() {
                        return "NAME";
                    }

                    @Override
                    public Engine create(Path pack) throws LoadException {
                        CREATE
                    }

                    record Named(String name) implements Engine {
                        @Override
                        public boolean reads(ModelPackage modelPackage) {
                            return true;
                        }

                        @Override
                        public LoadedModel load(ModelPackage modelPackage, LoadPlan plan) throws LoadException {
                            LOAD
                        }
                    }

                    MEMBERS
                }
                """.replace("NAME", name)
                .replace("CREATE", create)
                .replace("LOAD", load)
                .replace("MEMBERS", members);
        var folder = Files.createDirectories(directory.resolve(name));
        var classes = Files.createTempDirectory(folder, "classes");
        compile(source, classes);
        try (var jar = new JarOutputStream(Files.newOutputStream(folder.resolve("engine.jar")));
                var files = Files.walk(classes)) {
            jar.putNextEntry(new JarEntry("META-INF/services/" + EngineProvider.class.getName()));
            jar.write("pack.Provider\n".getBytes(StandardCharsets.UTF_8));
            for (var file : files.filter(Files::isRegularFile).toList()) {
                jar.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                jar.write(Files.readAllBytes(file));
            }
        }
        return folder;
    }

    private static void compile(String source, Path classes) {
        var words = new StringWriter();
        var file = new SimpleJavaFileObject(URI.create("string:///pack/Provider.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        var task = ToolProvider.getSystemJavaCompiler()
                .getTask(words, null, null, List.of("-proc:none", "-d", classes.toString()), null, List.of(file));
        if (!task.call()) {
            throw new IllegalStateException(words.toString());
        }
    }
}
