package io.presage.e2e.chart;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The chart in `helm/presage`, rendered by the real Helm inside this process. Any thread; a render takes some
/// 30 ms.
final class Chart {
    static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
    static final Path FOLDER = REPOSITORY.resolve("helm/presage");
    static final String RELEASE = "demo";
    static final String NAMESPACE = "models";
    static final String PREFIX = "demo-presage";

    /// The oldest that the chart accepts.
    private static final String KUBERNETES = "1.30.0";

    static LintResult lint() {
        return new Helm(FOLDER).lint().strict().call();
    }

    static Yaml values() {
        return Yaml.read(FOLDER.resolve("values.yaml"));
    }

    static Yaml schema() {
        return Yaml.read(FOLDER.resolve("values.schema.json"));
    }

    /// Renders with these values over the chart's own, as a first install.
    ///
    /// @param values YAML; empty for the defaults
    /// @throws IllegalStateException with Helm's message when it refuses
    static Manifests render(String values) {
        return upgrade(values, List.of());
    }

    /// Renders for a cluster that holds these Secrets already.
    static Manifests upgrade(String values, List<Yaml> secrets) {
        FakeCluster.holds(secrets);
        try {
            var file = Files.createTempFile("values", ".yaml");
            try {
                Files.writeString(file, values);
                return new Manifests(Yaml.documents(new Helm(FOLDER)
                        .template()
                        .withName(RELEASE)
                        .withNamespace(NAMESPACE)
                        .withKubeVersion(KUBERNETES)
                        .withValuesFile(file)
                        .call()));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Chart() {}
}
