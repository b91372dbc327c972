package io.presage.e2e.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What people read: links lead somewhere, and nothing in it belongs to one machine.
final class DocumentsTest {
    private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

    /// Folders of one person's or one build's machine. `/tmp` inside a container is the container's.
    private static final Pattern MACHINE_PATH =
            Pattern.compile("(?<![\\w.$}])(/root/|/home/|/work/|/Users/|C:\\\\)[\\w.-]+");

    private static final List<String> FILES = List.of(
            "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docker-compose.yml", "Dockerfile", ".ci/run", "presage");

    static Stream<Path> documents() throws IOException {
        var folders = Stream.of("docs", "examples", "bench", "helm")
                .map(REPOSITORY::resolve)
                .filter(Files::isDirectory)
                .flatMap(DocumentsTest::textFiles);
        return Stream.concat(FILES.stream().map(REPOSITORY::resolve).filter(Files::exists), folders);
    }

    static Stream<Path> pages() throws IOException {
        return documents().filter(file -> file.toString().endsWith(".md"));
    }

    private static Stream<Path> textFiles(Path folder) {
        try (var files = Files.walk(folder)) {
            return files
                    .filter(file -> file.toString().matches(".*\\.(md|yaml|yml|tpl)"))
                    .filter(file -> !file.toString().contains("/target/"))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void documentsAreSeen() throws IOException {
        assertThat(pages().map(REPOSITORY::relativize).map(Path::toString))
                .contains("README.md", "docs/ARCHITECTURE.md", "docs/runbook.md", "docs/adr/0001-record-decisions.md");
    }

    @ParameterizedTest
    @MethodSource("documents")
    void noPathOfOneMachine(Path document) throws IOException {
        assertThat(MACHINE_PATH.matcher(Files.readString(document)).results().map(match -> match.group()))
                .isEmpty();
    }

    @Test
    void pathOfOneMachine_isNoticed() {
        assertThat(MACHINE_PATH.matcher("see /home/ada/presage").find()).isTrue();
        assertThat(MACHINE_PATH
                        .matcher("$HOME/work/presage, example.com/home/page")
                        .find())
                .isFalse();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void linksLeadSomewhere(Path page) throws IOException {
        assertThat(LINK.matcher(Files.readString(page)).results().map(match -> match.group(1)))
                .filteredOn(link -> !link.startsWith("https://"))
                .allSatisfy(link -> {
                    var parts = link.split("#", 2);
                    var target = parts[0].isEmpty()
                            ? page
                            : page.resolveSibling(parts[0]).normalize();
                    assertThat(target).exists();
                    if (parts.length > 1) {
                        assertThat(HEADING.matcher(Files.readString(target))
                                        .results()
                                        .map(match -> anchor(match.group(1))))
                                .contains(parts[1]);
                    }
                });
    }

    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT).replaceAll("[^\\w -]", "").replace(' ', '-');
    }

    @Test
    void decisionsAreNumberedOnce() throws IOException {
        try (var files = Files.list(REPOSITORY.resolve("docs/adr"))) {
            assertThat(files.map(file -> file.getFileName().toString().substring(0, 4)))
                    .allMatch(number -> number.matches("\\d{4}"))
                    .doesNotHaveDuplicates();
        }
    }
}
