package io.presage.e2e.chart;

import com.google.gson.Gson;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.boot.context.properties.ConfigurationProperties;

/// Every setting that the services bind, in the form that an environment variable has: `worker.registry-url` is
/// WORKER_REGISTRYURL. Ours come from the records themselves, the others' from the metadata in their jars.
record Settings(Set<String> variables) {
    static Settings onTheClassPath() {
        var variables = new TreeSet<String>();
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("io.presage").stream()
                        .filter(type -> type.isAnnotatedWith(ConfigurationProperties.class))
                        .forEach(type -> {
                            var properties = type.reflect();
                            var annotation = properties.getAnnotation(ConfigurationProperties.class);
                            var prefix = annotation.prefix().isEmpty() ? annotation.value() : annotation.prefix();
                            collect(prefix, properties, variables);
                        });
        try {
            for (var metadata : Collections.list(
                    Settings.class.getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
                try (var reader = new InputStreamReader(metadata.openStream(), StandardCharsets.UTF_8)) {
                    new Yaml(new Gson().fromJson(reader, Map.class))
                            .at("properties")
                            .list()
                            .forEach(property ->
                                    variables.add(variable(property.at("name").text())));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Settings(Set.copyOf(variables));
    }

    private static void collect(String prefix, Class<?> properties, Set<String> variables) {
        if (!properties.isRecord()) {
            throw new IllegalStateException(properties + " is no record (expected: one, see CONTRIBUTING.md)");
        }
        for (var component : properties.getRecordComponents()) {
            var name = prefix + "." + component.getName();
            if (isNested(component)) {
                collect(name, component.getType(), variables);
            } else {
                variables.add(variable(name));
            }
        }
    }

    private static boolean isNested(RecordComponent component) {
        return component.getType().isRecord() && component.getType().getName().startsWith("io.presage.");
    }

    /// As Spring's relaxed binding wants it: dots become underscores, dashes go, upper case.
    static String variable(String property) {
        return property.replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT);
    }

    /// Those of `names` that nothing reads.
    Set<String> unknown(Collection<String> names) {
        var unknown = new TreeSet<>(names);
        unknown.removeAll(variables);
        return unknown;
    }
}
