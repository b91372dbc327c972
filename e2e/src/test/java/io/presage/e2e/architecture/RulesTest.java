package io.presage.e2e.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every rule against code that breaks it and code that does not, compiled here.
final class RulesTest {
    private static final Pattern PACKAGE = Pattern.compile("package ([a-z.]+);");
    private static final Pattern TYPE = Pattern.compile("(?:class|record|interface) ([A-Za-z]+)");

    @TempDir
    private Path folder;

    @Test
    void packagesThatNeedEachOther_areACycle() throws IOException {
        var there = "package io.presage.registry.models; public class Model { io.presage.registry.audit.Audit audit; }";
        var back = "package io.presage.registry.audit; public class Audit { io.presage.registry.models.Model model; }";
        breaks(Rules.noPackageCycles("registry"), "io.presage.registry.models", there, back);
    }

    @Test
    void packagesThatNeedTheRootPackage_areACycleToo() throws IOException {
        var root = "package io.presage.api; public class Wires { io.presage.api.limits.Limits limits; }";
        var feature = "package io.presage.api.limits; public class Limits { io.presage.api.Wires wires; }";
        breaks(Rules.noPackageCycles("api"), "io.presage.api.limits", root, feature);
    }

    @Test
    void packagesInOneDirection_areNoCycle() throws IOException {
        var there = "package io.presage.registry.models; public class Model { io.presage.registry.audit.Audit audit; }";
        var alone = "package io.presage.registry.audit; public class Audit { }";
        holds(Rules.noPackageCycles("registry"), there, alone);
    }

    @Test
    void serviceThatKnowsAnother_isNoticed() throws IOException {
        var worker = "package io.presage.worker.infer; public class Slot { }";
        var api = "package io.presage.api.infer; class Route { io.presage.worker.infer.Slot slot; }";
        breaks(Rules.servicesKnowOnlyTheContract("api"), "io.presage.worker.infer.Slot", worker, api);
    }

    @Test
    void contractThatKnowsALibrary_isNoticed() throws IOException {
        breaks(Rules.CONTRACT_IS_PLAIN_JAVA, "org.springframework.util.Assert", """
                package io.presage.contract.infer;
                class Shape { void check() { org.springframework.util.Assert.isTrue(true, "x"); } }
                """);
    }

    @Test
    void runtimeOutsideTheSeam_isNoticed() throws IOException {
        var use = "class Use { ai.onnxruntime.OrtSession session; }";
        breaks(Rules.RUNTIMES_STAY_BEHIND_THE_ENGINE_SEAM, "OrtSession", "package io.presage.worker.batching; " + use);
        holds(
                Rules.RUNTIMES_STAY_BEHIND_THE_ENGINE_SEAM,
                "package io.presage.worker.engine.onnx; " + use,
                "package io.presage.worker.infer; class Other { }");
    }

    @Test
    void sqlOutsideARepository_isNoticed() throws IOException {
        var use = " { org.springframework.jdbc.core.simple.JdbcClient sql; }";
        breaks(Rules.ONE_PLACE_FOR_SQL, "JdbcClient", "package io.presage.registry.models; class ModelService" + use);
        holds(
                Rules.ONE_PLACE_FOR_SQL,
                "package io.presage.registry.models; class ModelRepository" + use,
                "package io.presage.registry.feed; class Listener" + use,
                "package io.presage.registry.models; class ModelService { }");
    }

    @Test
    void policyThatLogs_isNoticed() throws IOException {
        breaks(
                Rules.POLICIES_ARE_PURE,
                "org.slf4j.Logger",
                "package io.presage.worker.versions; class ReconcilePolicy { org.slf4j.Logger log; }");
    }

    @Test
    void clockSleepAndChance_areNoticedWhereverTheyHide() throws IOException {
        for (var expression : List.of(
                "System.currentTimeMillis()",
                "System.nanoTime()",
                "java.time.Instant.now()",
                "Math.random()",
                "java.util.UUID.randomUUID()",
                "new java.util.Random()",
                "java.util.concurrent.ThreadLocalRandom.current()",
                "(java.util.function.LongSupplier) System::nanoTime",
                "(java.util.function.LongSupplier) () -> System.nanoTime()")) {
            breaks(
                    Rules.TIME_AND_CHANCE_COME_FROM_WIRING,
                    "io.presage.api.limits.Limiter",
                    "package io.presage.api.limits; class Limiter { Object value = " + expression + "; }");
        }
        breaks(
                Rules.TIME_AND_CHANCE_COME_FROM_WIRING,
                "Thread.sleep",
                "package io.presage.api; class Loop { void run() throws Exception { Thread.sleep(1); } }");
    }

    @Test
    void clockInWiring_isFine() throws IOException {
        holds(
                Rules.TIME_AND_CHANCE_COME_FROM_WIRING,
                "package io.presage.api.limits; class LimitsConfiguration { Object value = System.nanoTime(); }",
                "package io.presage.api.limits; class Limiter { }");
    }

    @Test
    void packageWithoutNullMarked_isNoticed() throws IOException {
        var type = "package io.presage.api.limits; class Limiter { }";
        breaks(Rules.EVERY_PACKAGE_IS_NULL_MARKED, "io.presage.api.limits is not @NullMarked", type);
        holds(
                Rules.EVERY_PACKAGE_IS_NULL_MARKED,
                type,
                "@org.jspecify.annotations.NullMarked package io.presage.api.limits;");
    }

    @Test
    void ruleThatSeesNoClass_fails() throws IOException {
        var other = compiled("package io.presage.api; class Thing { }");
        for (var rule : List.of(
                Rules.POLICIES_ARE_PURE, Rules.CONTRACT_IS_PLAIN_JAVA, Rules.servicesKnowOnlyTheContract("worker"))) {
            assertThatThrownBy(() -> rule.check(other)).hasMessageContaining("failed to check any classes");
        }
    }

    private void breaks(ArchRule rule, String named, String... sources) throws IOException {
        var classes = compiled(sources);
        assertThatThrownBy(() -> rule.check(classes))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(named);
    }

    private void holds(ArchRule rule, String... sources) throws IOException {
        var classes = compiled(sources);
        assertThatCode(() -> rule.check(classes)).doesNotThrowAnyException();
    }

    private JavaClasses compiled(String... sources) throws IOException {
        var root = Files.createTempDirectory(folder, "code");
        var files = new ArrayList<Path>();
        for (var source : sources) {
            files.add(write(root, source));
        }
        var options = List.of("-proc:none", "-d", root.resolve("out").toString(), "-cp", classPath());
        var messages = new StringWriter();
        var compiler = ToolProvider.getSystemJavaCompiler();
        try (var fileManager = compiler.getStandardFileManager(null, null, null)) {
            var units = fileManager.getJavaFileObjectsFromPaths(files);
            assertThat(compiler.getTask(messages, fileManager, null, options, null, units)
                            .call())
                    .as("%s", messages)
                    .isTrue();
        }
        return new ClassFileImporter().importPath(root.resolve("out"));
    }

    private static Path write(Path root, String source) throws IOException {
        var inPackage = PACKAGE.matcher(source);
        var type = TYPE.matcher(source);
        assertThat(inPackage.find()).as("package of %s", source).isTrue();
        var file = root.resolve(inPackage.group(1).replace('.', '/'))
                .resolve((type.find() ? type.group(1) : "package-info") + ".java");
        Files.createDirectories(file.getParent());
        return Files.writeString(file, source);
    }

    /// Surefire starts this JVM with a jar that only names the real class path.
    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }
}
