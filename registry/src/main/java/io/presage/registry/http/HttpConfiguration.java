package io.presage.registry.http;

import java.util.HexFormat;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

@Configuration(proxyBeanMethods = false)
public class HttpConfiguration {
    /// 64 random bits are enough to find one request in a log.
    @Bean
    RequestFilter requestFilter(RandomGenerator random) {
        return new RequestFilter(ids(random));
    }

    /// Innermost of the host's valves, so that it answers before Tomcat's own page.
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemReports(RandomGenerator random) {
        return factory -> factory.addContextCustomizers(
                context -> context.getParent().getPipeline().addValve(new ProblemReportValve(ids(random))));
    }

    private static Supplier<String> ids(RandomGenerator random) {
        return () -> HexFormat.of().toHexDigits(random.nextLong());
    }

    @Bean
    FilterRegistrationBean<RequestFilter> requestFilterRegistration(RequestFilter filter) {
        var registration = new FilterRegistrationBean<>(filter);
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return registration;
    }
}
