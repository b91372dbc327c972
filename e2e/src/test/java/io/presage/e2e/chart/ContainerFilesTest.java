package io.presage.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Dockerfile and docker-compose.yml, as far as files can tell without an engine.
final class ContainerFilesTest {
    private static final Pattern FROM = Pattern.compile("(?m)^FROM (\\S+) AS (\\S+)$");
    private static final Pattern COPY_LAYER = Pattern.compile("(?m)^COPY --from=build /out/(\\S+?)/(\\S+)/ \\./$");
    private static final Pattern ENTRY = Pattern.compile("(?m)^ENTRYPOINT \\[(.+)]$");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Z_]+)(:[?-])?[^}]*}");
    private static final List<String> LAYERS =
            List.of("dependencies", "spring-boot-loader", "snapshot-dependencies", "application");

    private final String dockerfile = read("Dockerfile");
    private final Yaml compose = Yaml.read(Chart.REPOSITORY.resolve("docker-compose.yml"));

    @Test
    void baseImagesArePinned() {
        var stages = FROM.matcher(dockerfile)
                .results()
                .map(from -> from.group(1))
                .filter(image -> image.contains(":"))
                .toList();
        assertThat(stages)
                .hasSize(3)
                .allMatch(image ->
                        image.matches("[a-z-]+:[0-9]+\\.[0-9]+.*25.*|[a-z-]+:25\\.[0-9].*|nvidia/cuda:[0-9.]+-.*"));
    }

    @ParameterizedTest
    @CsvSource({"registry,registry", "worker,worker", "gateway,api"})
    void eachTargetCopiesAllLayersOfItsModule(String target, String module) {
        assertThat(Chart.REPOSITORY.resolve(module).resolve("pom.xml")).exists();
        assertThat(COPY_LAYER.matcher(stage(target)).results().map(copy -> copy.group(1) + " " + copy.group(2)))
                .containsExactlyElementsOf(
                        LAYERS.stream().map(layer -> module + " " + layer).toList());
    }

    /// The build stage unpacks `presage-MODULE-exec.jar`: the name that the parent's POM gives it.
    @ParameterizedTest
    @ValueSource(strings = {"registry", "worker", "api"})
    void jarsHaveTheNamesThatTheBuildStageUnpacks(String module) {
        assertThat(dockerfile)
                .contains("for module in registry worker api;")
                .contains("$module/target/presage-$module-exec.jar");
        assertThat(read(module + "/pom.xml")).contains("<artifactId>presage-" + module + "</artifactId>");
        assertThat(read("pom.xml"))
                .contains("<finalName>${project.artifactId}</finalName>", "<classifier>exec</classifier>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"registry", "worker", "gateway"})
    void eachTargetStartsJavaItselfAsNobody(String target) {
        assertThat(ENTRY.matcher(stage(target)).results().map(entry -> entry.group(1)))
                .singleElement()
                .satisfies(entry -> assertThat(entry)
                        .startsWith("\"java\"")
                        .contains(
                                "--enable-native-access=ALL-UNNAMED",
                                "-XX:+UseCompactObjectHeaders",
                                "-XX:MaxRAMPercentage=")
                        .endsWith("\"-jar\", \"app.jar\""));
        assertThat(stage("runtime")).contains("\nUSER 10001:10001\n");
        assertThat(stage(target)).doesNotContain("USER");
    }

    @ParameterizedTest
    @ValueSource(strings = {"worker-cpu-all", "worker-gpu"})
    void variantsOfTheWorkerHoldEveryPackWhereTheyLookForThem(String target) {
        assertThat(stage("packs")).contains("engines/*/pom.xml", "engines/*/target/pack");
        assertThat(stage(target))
                .contains(
                        "COPY --from=packs /out/engines/ ./engines/\n",
                        "WORKER_ENGINES_DIRECTORY=/app/engines\n",
                        "libgomp1",
                        "\nUSER 10001:10001\n");
        assertThat(stage("runtime")).contains("\nWORKDIR /app\n");
    }

    @Test
    void gpuVariantStartsLikeTheWorker_withTheOtherRuntime() {
        assertThat(entry("worker-gpu")).isEqualTo(entry("worker"));
        assertThat(stage("gpu-runtime")).contains("onnxruntime_gpu:$version", "onnxruntime-$version.jar");
        assertThat(stage("worker-gpu")).contains("COPY --from=gpu-runtime /out/gpu/ ./lib/\n");
    }

    private String entry(String target) {
        var entry = ENTRY.matcher(stage(target));
        assertThat(entry.find()).as("ENTRYPOINT of %s", target).isTrue();
        return entry.group(1);
    }

    @Test
    void composeStartsTheTargetsOfTheDockerfile() {
        for (var service : compose.at("services").keys()) {
            var target = compose.at("services", service, "build", "target");
            if (!service.equals("postgres")) {
                assertThat(FROM.matcher(dockerfile).results().map(from -> from.group(2)))
                        .contains(target.text());
            }
        }
        assertThat(compose.at("services").keys()).containsExactly("gateway", "postgres", "registry", "worker");
    }

    @Test
    void composePublishesOnlyTheGatewayAndOnlyHere() {
        for (var service : compose.at("services").keys()) {
            var ports = compose.at("services", service, "ports").list();
            if (service.equals("gateway")) {
                assertThat(ports)
                        .extracting(Yaml::text)
                        .singleElement()
                        .satisfies(port ->
                                assertThat(port).startsWith("127.0.0.1:").endsWith(":8080"));
            } else {
                assertThat(ports).as(service).isEmpty();
            }
        }
    }

    @Test
    void composeHasNoDefaultForASecret() {
        var variables = VARIABLE.matcher(read("docker-compose.yml"))
                .results()
                .map(variable -> Map.entry(variable.group(1), variable.group(2)))
                .toList();
        assertThat(variables)
                .filteredOn(variable -> variable.getKey().endsWith("SECRET")
                        || variable.getKey().endsWith("PASSWORD"))
                .hasSize(5)
                .allMatch(variable -> variable.getValue().equals(":?"));
        for (var service : compose.at("services").keys()) {
            var environment = compose.at("services", service, "environment");
            assertThat(environment.keys())
                    .filteredOn(key -> key.endsWith("SECRET") || key.endsWith("PASSWORD"))
                    .isNotEmpty()
                    .allMatch(key -> environment.at(key).text().startsWith("${"));
        }
        assertThat(read(".gitignore").lines()).contains(".env");
        assertThat(read(".dockerignore").lines()).contains(".env", ".git/", "**/target/");
    }

    @Test
    void composeServicesRunOnAReadOnlyFileSystem() {
        for (var service : Set.of("registry", "worker", "gateway")) {
            var definition = compose.at("services", service);
            assertThat(definition.at("read_only").value()).as(service).isEqualTo(true);
            assertThat(definition.at("tmpfs").list())
                    .singleElement()
                    .satisfies(mount -> assertThat(mount.text()).contains("/tmp:exec"));
            assertThat(definition.at("mem_limit").isPresent()).isTrue();
        }
    }

    /// From this FROM line to the next.
    private String stage(String name) {
        var start = dockerfile.indexOf(" AS " + name + "\n");
        assertThat(start).as("stage %s", name).isPositive();
        var end = dockerfile.indexOf("\nFROM ", start);
        return dockerfile.substring(start, end < 0 ? dockerfile.length() : end);
    }

    private static String read(String file) {
        try {
            return Files.readString(Chart.REPOSITORY.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
