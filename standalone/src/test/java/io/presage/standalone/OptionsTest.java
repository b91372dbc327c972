package io.presage.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.standalone.data.StartException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {
    @Test
    void parse_nothing_isTheDefaults() {
        assertThat(Options.parse(List.of())).isEqualTo(new Options(Path.of("data"), 8080, true, Path.of(""), false));
    }

    @Test
    void parse_everything_readsEverything() {
        assertThat(Options.parse(
                        List.of("--data", "/var/p", "--port", "0", "--no-demo", "--home", "/opt/presage", "--prepare")))
                .isEqualTo(new Options(Path.of("/var/p"), 0, false, Path.of("/opt/presage"), true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--port 70000 | --port: 70000 (expected: 0..65535",
                "--port -1 | --port: -1 (expected: 0..65535",
                "--port http | --port: http (expected: 0..65535",
                "--port | --port: no value (expected: --port N)",
                "--data | --data: no value (expected: --data DIR)",
                "--data= | --data=: unknown option (expected: --data DIR, --port N, --no-demo",
                "up | up: unknown option",
            })
    void parse_whatCannotBeRead_namesOptionValueAndExpectation(String arguments, String message) {
        assertThatThrownBy(() -> Options.parse(List.of(arguments.split(" "))))
                .isInstanceOf(StartException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void parse_emptyDirectory_isRefused() {
        assertThatThrownBy(() -> Options.parse(List.of("--data", " ")))
                .isInstanceOf(StartException.class)
                .hasMessage("--data: empty (expected: a directory)");
    }
}
