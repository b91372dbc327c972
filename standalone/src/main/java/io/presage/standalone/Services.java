package io.presage.standalone;

import io.presage.api.GatewayApplication;
import io.presage.registry.RegistryApplication;
import io.presage.standalone.data.DataDirectory;
import io.presage.standalone.postgres.PostgresServer;
import io.presage.worker.WorkerApplication;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.springframework.boot.builder.SpringApplicationBuilder;

/// What each service is told here: everything internal on the loopback address and on any free port, everything
/// it keeps under the data directory.
final class Services {
    private static final String LOOPBACK = "127.0.0.1";

    private final DataDirectory data;
    private final String secret;
    private final int registryPort;
    private final int workerPort;

    Services(DataDirectory data, String secret, int registryPort, int workerPort) {
        this.data = data;
        this.secret = secret;
        this.registryPort = registryPort;
        this.workerPort = workerPort;
    }

    Service registry(PostgresServer postgres) {
        return service(
                RegistryApplication::builder,
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
                WorkerApplication::builder,
                Map.of(
                        "server.port",
                        "0",
                        "worker.id",
                        "standalone",
                        "worker.http.host",
                        LOOPBACK,
                        "worker.http.port",
                        Integer.toString(workerPort),
                        "worker.advertised-host",
                        LOOPBACK,
                        "worker.registry-url",
                        registryUrl(),
                        // The one gateway has stopped by then: there is nobody left to follow.
                        "worker.shutdown-grace",
                        "0s",
                        "worker.data-directory",
                        path("worker")));
    }

    Service gateway(int port) {
        return service(
                GatewayApplication::builder,
                Map.of(
                        "server.port", "0",
                        "gateway.http.port", Integer.toString(port),
                        "gateway.registry-url", registryUrl(),
                        "gateway.data-directory", path("gateway")));
    }

    private Service service(Supplier<SpringApplicationBuilder> application, Map<String, String> own) {
        var settings = new HashMap<>(own);
        settings.put("spring.main.cloud-platform", "none");
        settings.put("spring.cloud.kubernetes.enabled", "false");
        settings.put("server.address", LOOPBACK);
        settings.put("presage.service-secret", secret);
        return new Service(application, settings);
    }

    private String registryUrl() {
        return "http://" + LOOPBACK + ":" + registryPort;
    }

    private String path(String name) {
        return data.resolve(name).toString();
    }
}
