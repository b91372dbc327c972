package io.presage.e2e.clients;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The commands of a document: fenced blocks with a language, each with the answer that the block without one
/// behind it shows. Pure.
final class Page {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\n(.*?)^```\n(?:```\n(.*?)^```\n)?");

    private Page() {}

    /// @param answer empty where the document shows none
    record Block(String language, String commands, String answer) {
        /// `...` stands for anything.
        boolean isAnsweredBy(String output) {
            var wanted = Stream.of(answer.strip().split("\\.\\.\\.", -1))
                    .map(Pattern::quote)
                    .collect(Collectors.joining(".*"));
            return Pattern.compile(wanted, Pattern.DOTALL)
                    .matcher(output.strip())
                    .matches();
        }

        @Override
        public String toString() {
            return commands.lines().findFirst().orElse("");
        }
    }

    static List<Block> blocks(Path page) throws IOException {
        var blocks = new ArrayList<Block>();
        var matcher = BLOCK.matcher(Files.readString(page));
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), matcher.group(2), matcher.group(3) == null ? "" : matcher.group(3)));
        }
        return List.copyOf(blocks);
    }
}
