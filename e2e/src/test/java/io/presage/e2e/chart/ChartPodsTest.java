package io.presage.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What every pod of the chart must have, whatever the values.
final class ChartPodsTest {
    private static final Pattern PINNED = Pattern.compile("[a-z0-9./-]+:[0-9]+\\.[0-9]+[A-Za-z0-9._-]*");

    static Stream<Yaml> workloads() {
        return Chart.render("").workloads().stream();
    }

    static Stream<Yaml> services() {
        return workloads().filter(workload -> !Manifests.name(workload).endsWith("-postgres"));
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void runsAsNobodyOnAReadOnlyFileSystem(Yaml workload) {
        var pod = Manifests.pod(workload).at("spec");
        assertThat(pod.at("securityContext", "runAsNonRoot").value()).isEqualTo(true);
        assertThat(pod.at("securityContext", "runAsUser").value())
                .isInstanceOfSatisfying(Integer.class, user -> assertThat(user).isPositive());
        assertThat(pod.at("securityContext", "seccompProfile", "type").value()).isEqualTo("RuntimeDefault");
        for (var list : List.of("containers", "initContainers")) {
            for (var container : pod.at(list).list()) {
                var context = container.at("securityContext");
                assertThat(context.at("allowPrivilegeEscalation").value()).isEqualTo(false);
                assertThat(context.at("readOnlyRootFilesystem").value()).isEqualTo(true);
                assertThat(context.at("capabilities", "drop").value()).isEqualTo(List.of("ALL"));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void hasProbesOnPortsThatItNames(Yaml workload) {
        var container = Manifests.container(workload);
        for (var probe : List.of("startupProbe", "readinessProbe", "livenessProbe")) {
            assertThat(container.at(probe).isPresent()).as(probe).isTrue();
            for (var way : List.of("httpGet", "tcpSocket")) {
                var port = container.at(probe, way, "port");
                assertThat(!port.isPresent() || portNames(container).contains(port.text()))
                        .as("%s port %s", probe, port.value())
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("services")
    void livenessAsksNothingButTheProcess(Yaml workload) {
        var container = Manifests.container(workload);
        assertThat(container.at("livenessProbe", "httpGet", "path").value()).isEqualTo("/actuator/health/liveness");
        assertThat(container.at("readinessProbe", "httpGet", "path").value()).isEqualTo("/actuator/health/readiness");
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void hasRequestsAndLimits(Yaml workload) {
        var resources = Manifests.container(workload).at("resources");
        for (var bound : List.of("requests", "limits")) {
            assertThat(resources.at(bound).keys()).containsExactly("cpu", "memory");
        }
    }

    @ParameterizedTest
    @MethodSource("services")
    void servesOnWhileItIsTakenOutAndIsGivenTimeToStop(Yaml workload) {
        var pause = Manifests.container(workload).at("lifecycle", "preStop", "sleep", "seconds");
        var grace = Manifests.pod(workload).at("spec", "terminationGracePeriodSeconds");
        assertThat(pause.value()).isInstanceOf(Integer.class);
        assertThat(Integer.parseInt(grace.text())).isGreaterThan(Integer.parseInt(pause.text()) + 15);
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void imageIsPinned(Yaml workload) {
        assertThat(Manifests.container(workload).at("image").text()).matches(PINNED);
    }

    /// Kubernetes else sets PRESAGE_REGISTRY_PORT=tcp://..., an unknown setting that stops the start.
    @ParameterizedTest
    @MethodSource("workloads")
    void getsNoServiceVariables(Yaml workload) {
        assertThat(Manifests.pod(workload).at("spec", "enableServiceLinks").value())
                .isEqualTo(false);
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void onlyTheRegistryHoldsAnApiToken(Yaml workload) {
        var pod = Manifests.pod(workload).at("spec");
        assertThat(pod.at("automountServiceAccountToken").value())
                .isEqualTo(Manifests.name(workload).equals(Chart.PREFIX + "-registry"));
        assertThat(pod.at("serviceAccountName").isPresent()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void mountsWhatItsVolumesGive(Yaml workload) {
        var volumes = Stream.concat(
                        Manifests.pod(workload).at("spec", "volumes").list().stream()
                                .map(v -> v.at("name")),
                        workload.at("spec", "volumeClaimTemplates").list().stream()
                                .map(v -> v.at("metadata", "name")))
                .map(Yaml::text)
                .toList();
        var mounts = Manifests.container(workload).at("volumeMounts").list();
        assertThat(mounts).extracting(mount -> mount.at("name").text()).containsExactlyInAnyOrderElementsOf(volumes);
        assertThat(mounts).extracting(mount -> mount.at("mountPath").text()).contains("/tmp");
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void everyEmptyDirIsBounded(Yaml workload) {
        for (var volume : Manifests.pod(workload).at("spec", "volumes").list()) {
            if (volume.keys().contains("emptyDir")) {
                assertThat(volume.at("emptyDir", "sizeLimit").isPresent())
                        .as("%s", volume.value())
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void selectorPicksItsOwnPods(Yaml workload) {
        assertThat(Chart.render("").selected(workload.at("spec", "selector", "matchLabels")))
                .isEqualTo(workload);
        assertThat(workload.at("metadata", "labels").keys())
                .contains(
                        "app.kubernetes.io/name",
                        "app.kubernetes.io/instance",
                        "app.kubernetes.io/component",
                        "app.kubernetes.io/version",
                        "app.kubernetes.io/managed-by");
    }

    private static List<String> portNames(Yaml container) {
        return container.at("ports").list().stream()
                .map(port -> port.at("name").text())
                .toList();
    }
}
