package io.presage.registry.artifacts;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
public class ArtifactConfiguration {
    @Bean
    ArtifactStore artifactStore(ArtifactProperties properties, MeterRegistry meters) throws IOException {
        var store = new ArtifactStore(properties, Disk.REAL, meters);
        store.sweep();
        return store;
    }

    @Bean
    ArtifactController artifactController(ArtifactStore store) {
        return new ArtifactController(store);
    }
}
