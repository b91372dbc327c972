package io.presage.hosting;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurationImportSelector;
import org.springframework.core.annotation.AnnotationAttributes;
import org.springframework.core.type.AnnotationMetadata;

/// The auto-configurations of a service with management endpoints and no database, whatever else lies on the
/// class path: where all services share one, it must not open the registry's database or look for a Kubernetes
/// cluster.
public final class ManagedAutoConfigurations extends AutoConfigurationImportSelector {
    private static final List<String> PACKAGES = List.of(
            "org.springframework.boot.actuate.",
            "org.springframework.boot.autoconfigure.availability.",
            "org.springframework.boot.autoconfigure.context.",
            "org.springframework.boot.autoconfigure.ssl.",
            "org.springframework.boot.health.",
            "org.springframework.boot.http.converter.",
            "org.springframework.boot.jackson.",
            "org.springframework.boot.micrometer.metrics.",
            "org.springframework.boot.servlet.",
            "org.springframework.boot.tomcat.",
            "org.springframework.boot.validation.",
            "org.springframework.boot.web.server.",
            "org.springframework.boot.webmvc.");

    @Override
    protected AnnotationAttributes getAttributes(AnnotationMetadata metadata) {
        var none = new AnnotationAttributes();
        none.put("exclude", new String[0]);
        none.put("excludeName", new String[0]);
        return none;
    }

    @Override
    protected List<String> getCandidateConfigurations(
            AnnotationMetadata metadata, @Nullable AnnotationAttributes attributes) {
        return super.getCandidateConfigurations(metadata, attributes).stream()
                .filter(name -> PACKAGES.stream().anyMatch(name::startsWith))
                .toList();
    }
}
