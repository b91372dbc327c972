package io.presage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// nginx as a plain proxy: keep-alive to both sides, nothing logged, one worker process a core.
final class Nginx {
    private static final String CONFIGURATION = """
            daemon off;
            worker_processes $CORES;
            pid $HOME/nginx.pid;
            error_log $HOME/nginx-error.log;
            events { worker_connections 1024; }
            http {
              access_log off;
              client_body_temp_path $HOME/body;
              proxy_temp_path $HOME/proxy;
              fastcgi_temp_path $HOME/fastcgi;
              uwsgi_temp_path $HOME/uwsgi;
              scgi_temp_path $HOME/scgi;
              keepalive_requests 1000000000;
              upstream target { server 127.0.0.1:$TARGET; keepalive 64; keepalive_requests 1000000000; }
              server {
                listen 127.0.0.1:$PORT;
                location / {
                  proxy_pass http://target;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                }
              }
            }
            """;

    /// A proxy on `port` for what listens on `targetPort`.
    static Child start(Path directory, int port, int targetPort) throws IOException {
        var home = Files.createDirectories(directory.resolve("nginx-" + port));
        var configuration = home.resolve("nginx.conf");
        Files.writeString(
                configuration,
                CONFIGURATION
                        .replace("$CORES", Integer.toString(Runtime.getRuntime().availableProcessors()))
                        .replace("$HOME", home.toString())
                        .replace("$TARGET", Integer.toString(targetPort))
                        .replace("$PORT", Integer.toString(port)));
        return Child.start("nginx-" + port, directory, Map.of(), List.of("nginx", "-c", configuration.toString()));
    }

    private Nginx() {}
}
