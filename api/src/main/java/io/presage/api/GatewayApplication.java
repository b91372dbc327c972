package io.presage.api;

import io.presage.hosting.ManagedAutoConfigurations;
import io.presage.hosting.StartFailure;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Import;

/// The gateway as a process, and, through [#builder], as one of several services in a process.
@SpringBootConfiguration
@Import({ManagedAutoConfigurations.class, GatewayConfiguration.class})
public class GatewayApplication {
    /// Reads `gateway.yaml`, not `application.yaml`, so that it can share a class path with the other services.
    public static SpringApplicationBuilder builder() {
        return new SpringApplicationBuilder(GatewayApplication.class)
                .main(GatewayApplication.class)
                .properties("spring.config.name=gateway");
    }

    public static void main(String[] args) {
        try {
            builder().run(args);
        } catch (RuntimeException e) {
            if (e instanceof SpringApplication.AbandonedRunException) {
                throw e;
            }
            System.err.println("gateway: cannot start: " + StartFailure.describe(e));
            System.exit(1);
        }
    }
}
