package io.presage.standalone;

import java.util.Map;
import java.util.function.Supplier;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/// One of the three services as a Spring context of its own. Its settings go above everything else that a
/// context reads, so that a variable of the surroundings cannot point it elsewhere.
///
/// @param application a new one each time
/// @param settings configuration key -> value
record Service(Supplier<SpringApplicationBuilder> application, Map<String, String> settings) {
    Service {
        settings = Map.copyOf(settings);
    }

    /// Blocks until the context is refreshed and its ports listen.
    ConfigurableApplicationContext start() {
        var arguments = settings.entrySet().stream()
                .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
                .toArray(String[]::new);
        // Three hooks would race for one end: Presage has its own.
        return application.get().registerShutdownHook(false).run(arguments);
    }
}
