package io.presage.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// Runs Debian's `wrk`: keep-alive connections that each send the next request when the last is answered.
final class Wrk {
    private static final String SCRIPT = """
            local bodies = {}
            for path in string.gmatch(os.getenv("BENCH_BODIES"), "[^\\n]+") do
              local file = assert(io.open(path, "rb"))
              bodies[#bodies + 1] = file:read("*a")
              file:close()
            end
            wrk.method = "POST"
            wrk.body = bodies[1]
            if #bodies > 1 then
              local requests, at = {}, 0
              init = function(args)
                for i, body in ipairs(bodies) do requests[i] = wrk.format(nil, nil, nil, body) end
              end
              request = function()
                at = at % #requests + 1
                return requests[at]
              end
            end
            local pause = tonumber(os.getenv("BENCH_PAUSE_MILLIS"))
            if pause > 0 then
              delay = function() return pause end
            end
            done = function(summary, latency)
              local e = summary.errors
              print(string.format("RESULT %d %d %d %d %d", summary.requests, summary.duration,
                latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
            end
            """;

    /// @param headers `Name: value`
    /// @param bodies files that are posted, one after the other
    record Target(String url, List<String> headers, List<Path> bodies) {
        /// Bodies of `calls`, which need the same headers.
        static Target of(Stage stage, String url, List<String> headers, Call... calls) throws IOException {
            var directory = stage.directory("bodies");
            var bodies = new ArrayList<Path>();
            for (var call : calls) {
                bodies.add(Files.write(directory.resolve("body-" + bodies.size()), call.body()));
            }
            var all = new ArrayList<>(headers);
            all.addAll(calls[0].headers());
            return new Target(url, List.copyOf(all), List.copyOf(bodies));
        }

        /// True when one request, sent now, is answered with 200.
        boolean answers() throws InterruptedException {
            try (var client = HttpClient.newHttpClient()) {
                var request = HttpRequest.newBuilder(URI.create(url))
                        .timeout(Duration.ofSeconds(10))
                        .POST(HttpRequest.BodyPublishers.ofFile(bodies.getFirst()));
                for (var header : headers) {
                    int colon = header.indexOf(':');
                    request.header(
                            header.substring(0, colon),
                            header.substring(colon + 1).strip());
                }
                return client.send(request.build(), HttpResponse.BodyHandlers.discarding())
                                .statusCode()
                        == 200;
            } catch (IOException _) {
                return false;
            }
        }
    }

    /// `cpuMicros` of the result is 0: wrk knows nothing of the server's processes.
    ///
    /// @param pauseMillis before each request of a connection
    static Load run(Target target, int connections, int pauseMillis, Duration duration)
            throws IOException, InterruptedException {
        var script = Files.createTempFile("presage-bench", ".lua");
        try {
            Files.writeString(script, SCRIPT);
            var command = new ArrayList<>(List.of("wrk", "-t", "1", "-c", Integer.toString(connections)));
            command.addAll(List.of("-d", Math.max(1, duration.toSeconds()) + "s", "--timeout", "10s"));
            command.addAll(List.of("-s", script.toString()));
            for (var header : target.headers()) {
                command.addAll(List.of("-H", header));
            }
            command.add(target.url());
            var builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment()
                    .put(
                            "BENCH_BODIES",
                            target.bodies().stream()
                                    .map(Path::toAbsolutePath)
                                    .map(Path::toString)
                                    .collect(Collectors.joining("\n")));
            builder.environment().put("BENCH_PAUSE_MILLIS", Integer.toString(pauseMillis));
            var process = builder.start();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return parse(output);
        } finally {
            Files.delete(script);
        }
    }

    private static Load parse(String output) {
        var line = output.lines().filter(each -> each.startsWith("RESULT ")).findFirst();
        if (line.isEmpty()) {
            throw new IllegalStateException("wrk said: " + output);
        }
        var fields = line.get().split(" ", -1);
        long failed = Long.parseLong(fields[5]);
        return new Load(
                Long.parseLong(fields[1]) - failed,
                failed,
                Long.parseLong(fields[2]),
                Long.parseLong(fields[3]),
                Long.parseLong(fields[4]),
                0);
    }

    private Wrk() {}
}
