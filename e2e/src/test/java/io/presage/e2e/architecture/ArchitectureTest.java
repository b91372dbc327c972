package io.presage.e2e.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The rules over the production classes of all modules. [RulesTest] shows that each can fail.
final class ArchitectureTest {
    private static final JavaClasses PRODUCTION = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.presage");

    @SuppressWarnings("UnusedVariable") // named by @FieldSource
    private static final Iterable<String> MODULES = Rules.MODULES;

    @ParameterizedTest
    @FieldSource("MODULES")
    void classesOfTheModuleAreSeen(String module) {
        assertThat(PRODUCTION).anyMatch(type -> type.getPackageName().startsWith("io.presage." + module));
    }

    @ParameterizedTest
    @FieldSource("MODULES")
    void packagesHaveNoCycles(String module) {
        Rules.noPackageCycles(module).check(PRODUCTION);
    }

    @ParameterizedTest
    @ValueSource(strings = {"contract", "hosting", "registry", "worker", "api"})
    void modulesKnowOnlyTheContract(String module) {
        Rules.servicesKnowOnlyTheContract(module).check(PRODUCTION);
    }

    @Test
    void contractIsPlainJava() {
        Rules.CONTRACT_IS_PLAIN_JAVA.check(PRODUCTION);
    }

    @Test
    void runtimesStayBehindTheEngineSeam() {
        Rules.RUNTIMES_STAY_BEHIND_THE_ENGINE_SEAM.check(PRODUCTION);
    }

    @Test
    void sqlIsInRepositoriesAndTheFeed() {
        Rules.ONE_PLACE_FOR_SQL.check(PRODUCTION);
    }

    @Test
    void policiesArePure() {
        Rules.POLICIES_ARE_PURE.check(PRODUCTION);
    }

    @Test
    void timeAndChanceComeFromWiring() {
        Rules.TIME_AND_CHANCE_COME_FROM_WIRING.check(PRODUCTION);
    }

    @Test
    void everyPackageIsNullMarked() {
        Rules.EVERY_PACKAGE_IS_NULL_MARKED.check(PRODUCTION);
    }

    /// The build bans the artifacts; this notices a copy inside another jar.
    @ParameterizedTest
    @ValueSource(strings = {"org/mockito/Mockito.class", "lombok/Lombok.class"})
    void bannedLibrariesAreNotOnTheClassPath(String type) {
        assertThat(ArchitectureTest.class.getClassLoader().getResource(type)).isNull();
    }
}
