package io.presage.e2e.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives tests that only ask a [Standalone] with the demo models: one for all of them, started for the first and
/// stopped when the last test of the run has ended.
public final class SharedStandalone implements ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(SharedStandalone.class);

    /// Closed by JUnit.
    private record Shared(Standalone standalone, Path data) implements AutoCloseable {
        static Shared start() {
            var target = Path.of(System.getProperty("e2e.target"));
            try {
                var data = Files.createTempDirectory(target, "shared-standalone");
                return new Shared(Standalone.start(data, target.resolve("e2e-logs/shared-standalone.log")), data);
            } catch (Exception e) {
                throw new IllegalStateException("no Presage to share", e);
            }
        }

        @Override
        public void close() throws IOException {
            standalone.close();
            try (var files = Files.walk(data)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Standalone.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(Shared.class, _ -> Shared.start(), Shared.class)
                .standalone();
    }
}
