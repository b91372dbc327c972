package io.presage.worker.engine.process;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// How a child is started: with this JVM's `java` and class path. Pure.
///
/// @param javaHome of this JVM
/// @param classPath of this JVM, as `java.class.path` has it
/// @param isFatJar true when the class path is one jar with jars inside, which Spring Boot's loader must open
/// @param mainClass whose `main` becomes a [ChildServer]
public record ChildCommand(Path javaHome, String classPath, boolean isFatJar, String mainClass) {
    private static final String LAUNCHER = "org.springframework.boot.loader.launch.PropertiesLauncher";
    /// All that a child gets of this process's environment: where things lie and which devices it may see; never a
    /// secret.
    private static final Set<String> PASSED_ON = Set.of(
            "PATH",
            "LANG",
            "LC_ALL",
            "TZ",
            "LD_LIBRARY_PATH",
            "CUDA_VISIBLE_DEVICES",
            "NVIDIA_VISIBLE_DEVICES",
            "NVIDIA_DRIVER_CAPABILITIES");

    /// Of the process that this is called in.
    public static ChildCommand ofThisProcess(String mainClass) {
        return new ChildCommand(
                Path.of(System.getProperty("java.home")),
                System.getProperty("java.class.path"),
                ClassLoader.getSystemResource(LAUNCHER.replace('.', '/') + ".class") != null,
                mainClass);
    }

    /// @param folder the child's own, which it works in
    List<String> line(Path folder, ChildSettings settings, List<String> arguments) {
        long frameMegabytes = settings.frameMax().toMegabytes();
        var line = new ArrayList<>(List.of(
                javaHome.resolve("bin").resolve("java").toString(),
                "-Xmx" + settings.heapMax().toMegabytes() + "m",
                // Two frames of each of some views, and what the engine's own buffers need.
                "-XX:MaxDirectMemorySize=" + (64 + 8 * frameMegabytes) + "m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash.log"),
                "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.io.tmpdir=" + folder,
                "-DDJL_CACHE_DIR=" + folder.resolve("native"),
                "-Dai.djl.offline=true",
                "-Dlogback.configurationFile=io/presage/worker/engine/process/child-logback.xml"));
        if (isFatJar) {
            line.add("-Dloader.main=" + mainClass);
        }
        line.add("-cp");
        line.add(absolute(classPath));
        line.add(isFatJar ? LAUNCHER : mainClass);
        line.addAll(arguments);
        return line;
    }

    /// The child works elsewhere.
    private static String absolute(String classPath) {
        return Arrays.stream(classPath.split(File.pathSeparator))
                .filter(entry -> !entry.isEmpty())
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    static Map<String, String> environment(Map<String, String> ours, Path folder) {
        var theirs = new LinkedHashMap<String, String>();
        ours.forEach((name, value) -> {
            if (PASSED_ON.contains(name)) {
                theirs.put(name, value);
            }
        });
        theirs.put("HOME", folder.toString());
        theirs.put("TMPDIR", folder.toString());
        return theirs;
    }
}
