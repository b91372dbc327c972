package io.presage.worker;

import io.presage.hosting.ManagedAutoConfigurations;
import io.presage.hosting.StartFailure;
import io.presage.worker.infer.InferServer;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;

/// The worker as a process, and, through [#builder], as one of several services in a process.
@SpringBootConfiguration(proxyBeanMethods = false)
@Import({ManagedAutoConfigurations.class, WorkerConfiguration.class})
public class WorkerApplication {
    /// Reads `worker.yaml`, not `application.yaml`, so that it can share a class path with the other services.
    public static SpringApplicationBuilder builder() {
        return new SpringApplicationBuilder(WorkerApplication.class)
                .main(WorkerApplication.class)
                .properties("spring.config.name=worker");
    }

    /// The inference port of a started worker.
    public static int port(ConfigurableApplicationContext started) {
        return started.getBean(InferServer.class).port();
    }

    public static void main(String[] args) {
        try {
            builder().run(args);
        } catch (SpringApplication.AbandonedRunException e) {
            throw e;
        } catch (RuntimeException e) {
            System.err.println("worker: cannot start: " + StartFailure.describe(e));
            System.exit(1);
        }
    }
}
