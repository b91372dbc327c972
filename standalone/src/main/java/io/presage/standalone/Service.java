package io.presage.standalone;

import java.util.Map;
import org.springframework.boot.Banner;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/// One of the three services as a Spring context of its own. Its settings go above everything else that a context
/// reads, so that a variable of the surroundings cannot point it elsewhere.
///
/// @param name also of its configuration file
/// @param application its Spring Boot application class
/// @param settings configuration key -> value
record Service(String name, Class<?> application, Map<String, String> settings) {
    Service {
        settings = Map.copyOf(settings);
    }

    /// Blocks until the context is refreshed and its ports listen.
    ConfigurableApplicationContext start() {
        var arguments = settings.entrySet().stream()
                .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
                .toArray(String[]::new);
        return new SpringApplicationBuilder(application)
                .bannerMode(Banner.Mode.OFF)
                // Three hooks would race for one end: Presage has its own.
                .registerShutdownHook(false)
                .run(arguments);
    }
}
