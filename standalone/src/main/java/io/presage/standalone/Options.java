package io.presage.standalone;

import io.presage.standalone.data.StartException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/// What was asked for on the command line.
///
/// @param data the data directory, as it was written (relative paths stay relative, for messages)
/// @param port the one public HTTP address: 1..65535, or 0 for any free one
/// @param demo load the demo catalogue
/// @param home the folder that holds `examples/`, for the lines that are printed
/// @param prepare stop again as soon as everything has started: the launcher's first start, which records what
///     a fast start needs
record Options(Path data, int port, boolean demo, Path home, boolean prepare) {
    static final Options DEFAULT = new Options(Path.of("data"), 8080, true, Path.of(""), false);

    /// @throws StartException naming the option, its value and what was expected
    static Options parse(List<String> arguments) {
        var options = DEFAULT;
        var rest = arguments.iterator();
        while (rest.hasNext()) {
            var name = rest.next();
            options = switch (name) {
                case "--no-demo" -> new Options(options.data, options.port, false, options.home, options.prepare);
                case "--prepare" -> new Options(options.data, options.port, options.demo, options.home, true);
                case "--data", "--port", "--home" -> {
                    if (!rest.hasNext()) {
                        throw new StartException(name + ": no value (expected: " + name + " " + valueOf(name) + ")");
                    }
                    yield options.with(name, rest.next());
                }
                default ->
                    throw new StartException(
                            name + ": unknown option (expected: --data DIR, --port N, --no-demo; see presage help)");
            };
        }
        return options;
    }

    private Options with(String name, String value) {
        return switch (name) {
            case "--data" -> new Options(path(name, value), port, demo, home, prepare);
            case "--home" -> new Options(data, port, demo, path(name, value), prepare);
            case "--port" -> new Options(data, port(value), demo, home, prepare);
            default -> throw new IllegalStateException(name + " takes no value. This is a bug.");
        };
    }

    private static String valueOf(String name) {
        return name.equals("--port") ? "N" : "DIR";
    }

    private static Path path(String name, String value) {
        try {
            if (!value.isBlank()) {
                return Path.of(value);
            }
        } catch (InvalidPathException e) {
            throw new StartException(name + ": " + e.getMessage() + " (expected: a directory)", e);
        }
        throw new StartException(name + ": empty (expected: a directory)");
    }

    private static int port(String value) {
        try {
            int port = Integer.parseInt(value);
            if (port >= 0 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException _) {
            // Falls through to the one message.
        }
        throw new StartException("--port: " + value + " (expected: 0..65535, 0 = any free one)");
    }
}
