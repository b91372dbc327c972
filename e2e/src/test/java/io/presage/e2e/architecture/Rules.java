package io.presage.e2e.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The rules. Each fails when it finds no class to look at.
final class Rules {
    static final List<String> MODULES = List.of("contract", "hosting", "registry", "worker", "api", "standalone");

    /// Calls that give another answer each time, by type.
    private static final Map<String, Set<String>> NOT_REPEATABLE = Map.of(
            "java.lang.System", Set.of("currentTimeMillis", "nanoTime"),
            "java.lang.Thread", Set.of("sleep"),
            "java.util.concurrent.TimeUnit", Set.of("sleep"),
            "java.time.Instant", Set.of("now"),
            "java.lang.Math", Set.of("random"),
            "java.util.UUID", Set.of("randomUUID"),
            "java.util.concurrent.ThreadLocalRandom", Set.of("current"),
            "java.util.Random", Set.of("<init>"),
            "java.security.SecureRandom", Set.of("<init>"));

    /// A package is a feature: two that need each other are one, or hide a third.
    static ArchRule noPackageCycles(String module) {
        return slices().assignedFrom(new PackagesOf(module)).should().beFreeOfCycles();
    }

    /// Services know what they say to each other and what hosts them, never one another.
    static ArchRule servicesKnowOnlyTheContract(String service) {
        var others = MODULES.stream()
                .filter(module -> !List.of(service, "contract", "hosting").contains(module))
                .map(module -> "io.presage." + module + "..")
                .toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage("io.presage." + service + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(others);
    }

    /// Clients and tools can use the contract without a framework.
    static final ArchRule CONTRACT_IS_PLAIN_JAVA = classes()
            .that()
            .resideInAPackage("io.presage.contract..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("io.presage.contract..", "java..", "jdk.incubator..", "org.jspecify..");

    static final ArchRule RUNTIMES_STAY_BEHIND_THE_ENGINE_SEAM = noClasses()
            .that()
            .resideOutsideOfPackages("io.presage.worker.engine..", "io.presage.worker.tasks..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ai.djl..", "ai.onnxruntime..");

    static final ArchRule ONE_PLACE_FOR_SQL = noClasses()
            .that(areNot(repositories()
                    .or(resideInAPackage("io.presage.registry.feed.."))
                    .or(wiring())))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.sql..", "org.springframework.jdbc..");

    static final ArchRule POLICIES_ARE_PURE = noClasses()
            .that()
            .haveSimpleNameEndingWith("Policy")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "org.springframework..",
                    "io.vertx..",
                    "io.netty..",
                    "io.micrometer..",
                    "java.net.http..",
                    "java.nio.file..",
                    "java.sql..",
                    "org.slf4j.."));

    /// Time is an `InstantSource` or a `LongSupplier nanos`, chance a `RandomGenerator`: so a test can hold
    /// them.
    static final ArchRule TIME_AND_CHANCE_COME_FROM_WIRING =
            classes().that(areNot(wiring())).should(callNothingOf(NOT_REPEATABLE));

    static final ArchRule EVERY_PACKAGE_IS_NULL_MARKED =
            classes().that().resideInAPackage("io.presage..").should(liveInANullMarkedPackage());

    /// Entry points and configuration classes: the only code that takes the real clock, chance and data source.
    private static DescribedPredicate<JavaClass> wiring() {
        return topLevelNameEndsWith("Application", "Configuration", "Wiring")
                .or(DescribedPredicate.describe(
                        "Presage", type -> type.getName().equals("io.presage.standalone.Presage")))
                .as("wiring");
    }

    private static DescribedPredicate<JavaClass> repositories() {
        return topLevelNameEndsWith("Repository");
    }

    private static DescribedPredicate<JavaClass> areNot(DescribedPredicate<? super JavaClass> predicate) {
        return DescribedPredicate.not(predicate).forSubtype();
    }

    private static DescribedPredicate<JavaClass> topLevelNameEndsWith(String... endings) {
        return DescribedPredicate.describe("*" + String.join(", *", endings), type -> {
            var name = topLevel(type).getSimpleName();
            return List.of(endings).stream().anyMatch(name::endsWith);
        });
    }

    private static JavaClass topLevel(JavaClass type) {
        return type.getEnclosingClass().map(Rules::topLevel).orElse(type);
    }

    private static ArchCondition<JavaClass> callNothingOf(Map<String, Set<String>> banned) {
        return new ArchCondition<>("not ask the system for time or chance, nor sleep") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                for (var access : type.getCodeUnitAccessesFromSelf()) {
                    var methods = banned.getOrDefault(access.getTargetOwner().getFullName(), Set.of());
                    if (methods.contains(access.getTarget().getName())) {
                        events.add(SimpleConditionEvent.violated(type, access.getDescription()));
                    }
                }
            }
        };
    }

    private static ArchCondition<JavaClass> liveInANullMarkedPackage() {
        return new ArchCondition<>("live in a package whose package-info.java is @NullMarked") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                if (!type.getPackage().isAnnotatedWith("org.jspecify.annotations.NullMarked")) {
                    events.add(SimpleConditionEvent.violated(
                            type, type.getPackageName() + " is not @NullMarked: " + type.getName()));
                }
            }
        };
    }

    /// Each package of a module is one slice.
    private record PackagesOf(String module) implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            var root = "io.presage." + module;
            var name = type.getPackageName();
            return name.equals(root) || name.startsWith(root + ".")
                    ? SliceIdentifier.of(name)
                    : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "packages of " + module;
        }
    }

    private Rules() {}
}
