package io.presage.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import io.kubernetes.client.util.ModelMapper;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the chart makes of its values.
final class ChartRenderTest {
    private static final String EXTERNAL_POSTGRES = """
            postgres:
              enabled: false
              external: {host: db.example, port: 6432, existingSecret: pg-login}
            """;

    private static final String EVERYTHING = """
            nameOverride: inference
            image: {repository: images.example/presage, tag: 1.2.3, pullSecrets: [pull]}
            gateway:
              config: {gateway: {http: {port: 8080}}}
              javaOptions: -Xlog:gc
              service: {type: LoadBalancer, port: 443, annotations: {a: b}}
              tls: {secretName: models-tls}
              ingress: {enabled: true, className: nginx, annotations: {a: b}, hosts: [models.example], tls: [{secretName: tls, hosts: [models.example]}]}
              autoscaling: {enabled: true}
              podAnnotations: {a: b}
              nodeSelector: {disk: ssd}
              tolerations: [{key: gpu, operator: Exists}]
              affinity: {nodeAffinity: {}}
            worker:
              autoscaling: {enabled: true, minReplicas: 3, maxReplicas: 9}
              nodeSelector: {gpu: "true"}
            registry:
              config: {registry: {access: {}}}
              storage: {className: fast, size: 100Gi}
            postgres: {storage: {className: fast}}
            networkPolicy:
              gatewayFrom: [{namespaceSelector: {}}]
              metricsFrom: [{namespaceSelector: {matchLabels: {name: monitoring}}}]
            """;

    static Stream<String> settings() {
        return Stream.of("", EXTERNAL_POSTGRES, EVERYTHING, "networkPolicy: {enabled: false}");
    }

    @Test
    void lintsStrictly() {
        var result = Chart.lint();
        assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
    }

    @Test
    void defaults_areThreeComponentsAndPostgres() {
        var manifests = Chart.render("");
        assertThat(manifests.workloads())
                .extracting(Manifests::name)
                .containsExactlyInAnyOrder(
                        "demo-presage-gateway",
                        "demo-presage-worker",
                        "demo-presage-registry",
                        "demo-presage-postgres");
        assertThat(manifests.ofKind("Ingress")).isEmpty();
        assertThat(manifests.ofKind("HorizontalPodAutoscaler")).isEmpty();
    }

    @Test
    void externalPostgres_replacesTheChartsOwn() {
        var manifests = Chart.render(EXTERNAL_POSTGRES);
        assertThat(manifests.ofKind("StatefulSet")).isEmpty();
        assertThat(manifests.ofKind("Secret")).extracting(Manifests::name).containsExactly("demo-presage-secrets");
        var env = Manifests.container(manifests.one("Deployment", "demo-presage-registry"))
                .at("env")
                .list();
        assertThat(env)
                .filteredOn(entry -> entry.at("name").text().equals("SPRING_DATASOURCE_URL"))
                .extracting(entry -> entry.at("value").text())
                .containsExactly("jdbc:postgresql://db.example:6432/presage?sslmode=require");
        assertThat(env)
                .filteredOn(entry -> entry.at("name").text().equals("SPRING_DATASOURCE_PASSWORD"))
                .extracting(
                        entry -> entry.at("valueFrom", "secretKeyRef", "name").text())
                .containsExactly("pg-login");
    }

    @Test
    void externalPostgresWithoutHostOrSecret_isRefusedByName() {
        assertThatThrownBy(() -> Chart.render("postgres: {enabled: false, external: {existingSecret: pg}}"))
                .hasMessageContaining("postgres.external.host: empty");
        assertThatThrownBy(() -> Chart.render("postgres: {enabled: false, external: {host: db}}"))
                .hasMessageContaining("postgres.external.existingSecret: empty");
    }

    @Test
    void ingressWithoutHost_isRefusedByName() {
        assertThatThrownBy(() -> Chart.render("gateway: {ingress: {enabled: true}}"))
                .hasMessageContaining("gateway.ingress.hosts: empty");
    }

    @Test
    void replicas_reachTheDeployments() {
        var manifests = Chart.render("{gateway: {replicas: 3}, worker: {replicas: 5}}");
        assertThat(manifests
                        .one("Deployment", "demo-presage-gateway")
                        .at("spec", "replicas")
                        .value())
                .isEqualTo(3);
        assertThat(manifests
                        .one("Deployment", "demo-presage-worker")
                        .at("spec", "replicas")
                        .value())
                .isEqualTo(5);
    }

    @Test
    void autoscaling_leavesTheNumberOfPodsToTheAutoscaler() {
        var manifests = Chart.render(EVERYTHING);
        for (var autoscaler : manifests.ofKind("HorizontalPodAutoscaler")) {
            var target = autoscaler.at("spec", "scaleTargetRef", "name").text();
            assertThat(manifests
                            .one("Deployment", target)
                            .at("spec", "replicas")
                            .isPresent())
                    .as(target)
                    .isFalse();
        }
        assertThat(manifests.ofKind("HorizontalPodAutoscaler")).hasSize(2);
    }

    @Test
    void config_reachesTheConfigMapAndRollsThePods() {
        var before = Chart.render("");
        var after = Chart.render("worker: {config: {worker: {http: {port: 8100}}}}");
        assertThat(after.one("ConfigMap", "demo-presage-worker")
                        .at("data", "worker.yaml")
                        .text())
                .isEqualTo("worker:\n  http:\n    port: 8100\n");
        assertThat(configChecksum(after, "worker")).isNotEqualTo(configChecksum(before, "worker"));
        assertThat(configChecksum(after, "gateway")).isEqualTo(configChecksum(before, "gateway"));
    }

    @Test
    void engines_chooseTheImageAndWhatItMayRun() {
        var pod = Manifests.pod(Chart.render("{image: {tag: 9.9.9}, worker: {variant: cpu-all, engines: "
                        + "{allowed: [torchscript, tensorflow], isolation: {xgboost: process}}}}")
                .one("Deployment", "demo-presage-worker"));
        var container = pod.at("spec", "containers").list().getFirst();
        assertThat(container.at("image").text()).endsWith("/worker:9.9.9-cpu-all");
        assertThat(container.at("env").list())
                .extracting(entry ->
                        entry.at("name").text() + "=" + entry.at("value").value())
                .contains("WORKER_ENGINES_ALLOWED=torchscript,tensorflow", "WORKER_ENGINES_ISOLATION_XGBOOST=process");
        var plain = Manifests.pod(Chart.render("image: {tag: 9.9.9}").one("Deployment", "demo-presage-worker"));
        assertThat(plain.at("spec", "containers").list().getFirst().at("image").text())
                .endsWith("/worker:9.9.9");
    }

    private static String configChecksum(Manifests manifests, String component) {
        return Manifests.pod(manifests.one("Deployment", "demo-presage-" + component))
                .at("metadata", "annotations", "checksum/config")
                .text();
    }

    /// Unknown fields, missing ones and wrong types, by the generated Kubernetes model.
    @ParameterizedTest
    @MethodSource("settings")
    void everyManifestFitsTheKubernetesModel(String values) throws Exception {
        var manifests = Chart.render(values).all();
        assertThat(manifests).hasSizeGreaterThan(10);
        for (var manifest : manifests) {
            validate(manifest);
        }
    }

    @Test
    void manifestWithAnUnknownField_isNoticed() {
        var manifest = new Yaml(Map.of(
                "apiVersion",
                "v1",
                "kind",
                "Service",
                "metadata",
                Map.of("name", "x"),
                "spec",
                Map.of("ports", List.of(Map.of("port", 80, "targetPrt", 80)))));
        assertThatThrownBy(() -> validate(manifest)).hasStackTraceContaining("targetPrt");
    }

    private static void validate(Yaml manifest) throws Exception {
        var type = ModelMapper.getApiTypeClass(manifest.at("apiVersion").text(), Manifests.kind(manifest));
        assertThat(type).as("%s", manifest.at("kind").value()).isNotNull();
        type.getMethod("validateJsonElement", JsonElement.class).invoke(null, new Gson().toJsonTree(manifest.value()));
    }
}
