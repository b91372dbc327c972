package io.presage.standalone;

import io.presage.api.GatewayApplication;
import io.presage.registry.RegistryApplication;
import io.presage.standalone.data.DataDirectory;
import io.presage.standalone.postgres.PostgresServer;
import io.presage.worker.WorkerApplication;
import java.util.HashMap;
import java.util.Map;

/// What each service is told here: everything internal on the loopback address and on any free port, everything it
/// keeps under the data directory, and nothing of the other two's auto-configuration, which shares its class path.
final class Services {
    private static final String LOOPBACK = "127.0.0.1";

    /// Of libraries that only the registry uses.
    private static final String REGISTRY_ONLY = String.join(
            ",",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration",
            "org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration",
            "org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration");

    private final DataDirectory data;
    private final String secret;
    private final int registryPort;

    Services(DataDirectory data, String secret, int registryPort) {
        this.data = data;
        this.secret = secret;
        this.registryPort = registryPort;
    }

    Service registry(PostgresServer postgres) {
        return service(
                "registry",
                RegistryApplication.class,
                Map.of(
                        "server.port", Integer.toString(registryPort),
                        "spring.datasource.url", postgres.jdbcUrl(),
                        "spring.datasource.username", postgres.user(),
                        "spring.datasource.password", postgres.password(),
                        "registry.artifacts.directory", path("registry/artifacts"),
                        "registry.access.bootstrap-key-file", path("admin.key")));
    }

    Service worker() {
        return service(
                "worker",
                WorkerApplication.class,
                Map.of(
                        "server.port",
                        "0",
                        "worker.id",
                        "standalone",
                        "worker.http.host",
                        LOOPBACK,
                        "worker.http.port",
                        "0",
                        "worker.advertised-host",
                        LOOPBACK,
                        "worker.registry-url",
                        registryUrl(),
                        "worker.data-directory",
                        path("worker"),
                        "spring.autoconfigure.exclude",
                        REGISTRY_ONLY));
    }

    Service gateway(int port) {
        return service(
                "gateway",
                GatewayApplication.class,
                Map.of(
                        "server.port", "0",
                        "gateway.http.port", Integer.toString(port),
                        "gateway.registry-url", registryUrl(),
                        "gateway.data-directory", path("gateway"),
                        "spring.autoconfigure.exclude", REGISTRY_ONLY));
    }

    private Service service(String name, Class<?> application, Map<String, String> own) {
        var settings = new HashMap<>(own);
        settings.put("spring.config.name", name);
        settings.put("spring.application.name", name);
        settings.put("spring.main.cloud-platform", "none");
        settings.put("spring.cloud.kubernetes.enabled", "false");
        settings.put("server.address", LOOPBACK);
        settings.put("presage.service-secret", secret);
        return new Service(name, application, settings);
    }

    private String registryUrl() {
        return "http://" + LOOPBACK + ":" + registryPort;
    }

    private String path(String name) {
        return data.resolve(name).toString();
    }
}
