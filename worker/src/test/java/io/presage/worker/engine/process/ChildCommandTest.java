package io.presage.worker.engine.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class ChildCommandTest {
    private static final ChildSettings SETTINGS = new ChildSettings(
            DataSize.ofMegabytes(64),
            DataSize.ofMegabytes(16),
            Duration.ofMinutes(1),
            Duration.ofMinutes(1),
            3,
            Duration.ofMinutes(1));

    @Test
    void classPath_isThisProcesssOwn_fromAnyFolder() {
        var line = new ChildCommand(Path.of("/jdk"), "a.jar:/b/c.jar", false, "the.Main")
                .line(Path.of("/own"), SETTINGS, List.of("x", "y"));
        assertThat(line.getFirst()).isEqualTo("/jdk/bin/java");
        assertThat(line).contains("-Xmx64m", "-Djava.io.tmpdir=/own");
        assertThat(line.subList(line.indexOf("-cp"), line.size()))
                .containsExactly("-cp", Path.of("a.jar").toAbsolutePath() + ":/b/c.jar", "the.Main", "x", "y");
    }

    @Test
    void fatJar_isOpenedBySpringBootsLoader() {
        var line = new ChildCommand(Path.of("/jdk"), "/app.jar", true, "the.Main")
                .line(Path.of("/own"), SETTINGS, List.of("x"));
        assertThat(line).contains("-Dloader.main=the.Main");
        assertThat(line.subList(line.indexOf("-cp"), line.size()))
                .containsExactly("-cp", "/app.jar", "org.springframework.boot.loader.launch.PropertiesLauncher", "x");
    }

    @Test
    void environment_holdsNoSecret() {
        var theirs = ChildCommand.environment(
                Map.of(
                        "PATH", "/bin",
                        "CUDA_VISIBLE_DEVICES", "0",
                        "PRESAGE_SERVICESECRET", "secret",
                        "AWS_SECRET_ACCESS_KEY", "secret",
                        "JAVA_TOOL_OPTIONS", "-javaagent:x.jar",
                        "HOME", "/home/someone"),
                Path.of("/own"));
        assertThat(theirs)
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("PATH", "/bin", "CUDA_VISIBLE_DEVICES", "0", "HOME", "/own", "TMPDIR", "/own"));
    }
}
