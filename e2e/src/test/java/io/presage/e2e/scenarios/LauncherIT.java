package io.presage.e2e.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.e2e.cluster.Child;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The launcher script's own words; what it starts is tested in [StandaloneIT].
class LauncherIT {
    @TempDir
    Path folder;

    @Test
    void help_listsTheOptions() throws Exception {
        var run = run(Map.of(), "help");
        assertThat(run.exitCode()).isZero();
        assertThat(run.output()).contains("--data DIR", "--port N", "--no-demo");
    }

    @Test
    void version_isTheBuildsOwn() throws Exception {
        var run = run(Map.of(), "version");
        assertThat(run.exitCode()).isZero();
        assertThat(run.output()).matches("presage \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?\\n");
    }

    @ParameterizedTest
    @CsvSource({"up --colour, --colour: unknown option", "up --data, --data: no value", "down, down: unknown command"})
    void badCommandLine_isOneLineAndExitCode2(String commandLine, String message) throws Exception {
        var run = run(Map.of(), commandLine.split(" "));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.output().lines()).singleElement().asString().startsWith("presage: " + message);
    }

    /// A PATH with the usual tools but no Java, and no home to look in. Where the machine has a JDK 25 in one
    /// of the usual folders there is nothing to complain about, so that the script is given a copy of itself
    /// without them.
    @Test
    void missingJdk_isOneLineThatSaysWhatToDo() throws Exception {
        var script = Files.readString(root().resolve("presage"))
                .replace("/usr/lib/jvm", "/nowhere")
                .replace("/usr/java", "/nowhere")
                .replace("/opt/", "/nowhere/")
                .replace("/Library/", "/nowhere/")
                .replace("/usr/libexec", "/nowhere");
        var copy = folder.resolve("presage");
        Files.writeString(copy, script);
        var tools = Files.createDirectory(folder.resolve("bin"));
        for (var tool : List.of("bash", "sed", "dirname", "readlink", "basename", "find", "head", "cat", "grep")) {
            for (var place : List.of("/usr/bin", "/bin")) {
                if (Files.isExecutable(Path.of(place, tool)) && !Files.exists(tools.resolve(tool))) {
                    Files.createSymbolicLink(tools.resolve(tool), Path.of(place, tool));
                }
            }
        }
        var run = run(
                List.of("bash", copy.toString(), "up"),
                Map.of("PATH", tools.toString(), "HOME", folder.toString(), "JAVA_HOME", ""));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.output().lines()).singleElement().asString().contains("no JDK 25 or newer found", "JAVA_HOME");
    }

    private record Run(int exitCode, String output) {}

    private Run run(Map<String, String> environment, String... arguments) throws Exception {
        var command =
                new ArrayList<String>(List.of("bash", root().resolve("presage").toString()));
        command.addAll(List.of(arguments));
        return run(command, environment);
    }

    private Run run(List<String> command, Map<String, String> environment) throws Exception {
        var child = Child.start("presage", command, environment, folder.resolve("output"));
        int exitCode = child.exitCode(Duration.ofSeconds(30));
        return new Run(exitCode, child.output());
    }

    private static Path root() throws Exception {
        return Path.of(System.getProperty("e2e.root")).toRealPath();
    }
}
