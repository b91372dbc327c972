package io.presage.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Who reaches whom: Services, network policies, disruption budgets, and the one right that the registry has.
final class ChartTrafficTest {
    private final Manifests manifests = Chart.render("");

    @Test
    void everyServiceLeadsToAPortOfItsPods() {
        var services = manifests.ofKind("Service");
        assertThat(services)
                .extracting(Manifests::name)
                .containsExactlyInAnyOrder("demo-presage-gateway", "demo-presage-registry", "demo-presage-postgres");
        for (var service : services) {
            var container = Manifests.container(manifests.selected(service.at("spec", "selector")));
            for (var port : service.at("spec", "ports").list()) {
                assertThat(container.at("ports").list())
                        .extracting(it -> it.at("name").text())
                        .contains(port.at("targetPort").text());
            }
        }
    }

    @Test
    void onlyTheseSpeakToEachOther() {
        var allowed = new TreeSet<String>();
        for (var policy : manifests.ofKind("NetworkPolicy")) {
            assertThat(policy.at("spec", "policyTypes").list())
                    .extracting(Yaml::text)
                    .containsExactly("Ingress", "Egress");
            var from = component(policy.at("spec", "podSelector"));
            policy.at("spec", "egress").list().stream()
                    .flatMap(rule -> rule.at("to").list().stream())
                    .filter(peer -> peer.at("podSelector").isPresent())
                    .forEach(peer -> allowed.add(from + " -> " + component(peer.at("podSelector"))));
        }
        assertThat(allowed)
                .containsExactly(
                        "gateway -> registry", "gateway -> worker", "registry -> postgres", "worker -> registry");
    }

    @Test
    void whatMayLeaveMayArrive() {
        assertThat(peers("ingress", "from"))
                .containsExactly(
                        "gateway -> registry:http",
                        "gateway -> worker:inference",
                        "registry -> postgres:postgres",
                        "worker -> registry:http");
        assertThat(peers("egress", "to")).isEqualTo(peers("ingress", "from"));
    }

    private TreeSet<String> peers(String direction, String side) {
        var found = new TreeSet<String>();
        for (var policy : manifests.ofKind("NetworkPolicy")) {
            var self = component(policy.at("spec", "podSelector"));
            for (var rule : policy.at("spec", direction).list()) {
                for (var peer : rule.at(side).list()) {
                    if (peer.at("podSelector").isPresent()) {
                        var other = component(peer.at("podSelector"));
                        var port = rule.at("ports").list().getFirst().at("port").text();
                        found.add((direction.equals("egress") ? self + " -> " + other : other + " -> " + self) + ":"
                                + port);
                    }
                }
            }
        }
        return found;
    }

    @Test
    void everyPolicyAndBudgetPicksOneWorkload() {
        var selectors = Stream.concat(
                        manifests.ofKind("NetworkPolicy").stream().map(policy -> policy.at("spec", "podSelector")),
                        manifests.ofKind("PodDisruptionBudget").stream().map(budget -> budget.at("spec", "selector")))
                .toList();
        assertThat(selectors).hasSize(8);
        for (var selector : selectors) {
            assertThat(manifests.selected(selector.at("matchLabels")).isPresent())
                    .isTrue();
        }
    }

    @Test
    void metricsAreReadOnlyByThoseWhoAreNamed() {
        assertThat(managementRules(manifests)).isZero();
        assertThat(managementRules(Chart.render("networkPolicy: {metricsFrom: [{namespaceSelector: {}}]}")))
                .isEqualTo(2);
    }

    private static long managementRules(Manifests manifests) {
        return manifests.ofKind("NetworkPolicy").stream()
                .flatMap(policy -> policy.at("spec", "ingress").list().stream())
                .flatMap(rule -> rule.at("ports").list().stream())
                .filter(port -> port.at("port").text().equals("management"))
                .count();
    }

    @Test
    void registryMayReadItsOwnConfigMapAndNothingElse() {
        var role = manifests.one("Role", "demo-presage-registry");
        assertThat(manifests.ofKind("Role")).hasSize(1);
        assertThat(manifests.ofKind("ClusterRole")).isEmpty();
        assertThat(role.at("rules").list()).singleElement().satisfies(rule -> {
            assertThat(rule.at("resources").list()).extracting(Yaml::text).containsExactly("configmaps");
            assertThat(rule.at("verbs").list()).extracting(Yaml::text).containsExactly("get");
            assertThat(rule.at("resourceNames").list())
                    .extracting(Yaml::text)
                    .containsExactly(Manifests.name(manifests.one("ConfigMap", "demo-presage-registry")));
        });
        assertThat(Manifests.container(manifests.one("Deployment", "demo-presage-registry"))
                        .at("env")
                        .list())
                .filteredOn(entry -> entry.at("name").text().equals("SPRING_CLOUD_KUBERNETES_CONFIG_NAME"))
                .extracting(entry -> entry.at("value").text())
                .containsExactly("demo-presage-registry");
    }

    private String component(Yaml selector) {
        var name = Manifests.name(manifests.selected(selector.at("matchLabels")));
        return name.substring(Chart.PREFIX.length() + 1);
    }
}
