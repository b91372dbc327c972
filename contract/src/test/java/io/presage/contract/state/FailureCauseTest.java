package io.presage.contract.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Code, enum and documentation have the same causes.
class FailureCauseTest {
    private static final Path ROOT = Path.of("..");
    private static final Path PAGE = ROOT.resolve("docs/model-package.md");
    private static final String PHASES = "fetch|unpack|load|signature|warm-up|samples|quantise|derive|run";

    /// A phase and then a cause, of which some choose between two.
    private static final Pattern CARD = Pattern.compile("\"(?:" + PHASES + ")\",\\s*"
            + "(?:[a-zA-Z.()]+\\s*\\?\\s*\"([a-z-]+)\"\\s*:\\s*)?\"([a-z]+(?:-[a-z]+)+)\"");

    /// A card of a literal phase that is none of those.
    private static final Pattern OTHER_PHASE =
            Pattern.compile("(?:new Failure|[.\\s]refused)\\(\\s*\"(?!(?:" + PHASES + ")\")[a-z-]+\",\\s*\"[a-z-]+\"");

    private static List<Path> sources() throws IOException {
        try (var files = Files.walk(ROOT)) {
            return files.filter(file ->
                            file.toString().endsWith(".java") && file.toString().contains("/src/main/"))
                    .toList();
        }
    }

    @Test
    void everyCardInTheSources_hasAPhaseAndACauseThatAreKnown() throws IOException {
        var used = new HashSet<String>();
        for (var file : sources()) {
            var source = Files.readString(file);
            assertThat(OTHER_PHASE.matcher(source).find()).as(file + ": phase").isFalse();
            var matcher = CARD.matcher(source);
            while (matcher.find()) {
                for (var cause : new String[] {matcher.group(1), matcher.group(2)}) {
                    if (cause != null) {
                        used.add(cause);
                        assertThat(FailureCause.of(cause))
                                .as(file + ": cause " + cause)
                                .isPresent();
                    }
                }
            }
        }
        assertThat(used).hasSizeGreaterThan(15);
    }

    @Test
    void page_listsThem() throws IOException {
        var table = new StringBuilder("| cause | meaning |\n|---|---|\n");
        for (var cause : FailureCause.values()) {
            table.append("| `%s` | %s |\n".formatted(cause.word(), cause.meaning()));
        }
        assertThat(Files.readString(PAGE))
                .as("docs/model-package.md, which should hold\n" + table)
                .contains(table);
    }

    @Test
    void words_areReadBack() {
        assertThat(Arrays.stream(FailureCause.values()).map(FailureCause::word)).doesNotHaveDuplicates();
        assertThat(FailureCause.of("unsafe-package")).contains(FailureCause.UNSAFE_PACKAGE);
        assertThat(FailureCause.of("of-tomorrow")).isEmpty();
    }
}
