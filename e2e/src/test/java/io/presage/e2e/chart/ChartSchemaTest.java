package io.presage.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every value is documented, in the schema, and checked by it.
final class ChartSchemaTest {
    private static final Pattern CAMEL_CASE = Pattern.compile("[a-z][a-zA-Z0-9]*");
    private static final Pattern KEY_LINE = Pattern.compile("^( *)([a-z][a-zA-Z0-9]*):(.*)$");

    /// Maps whose keys are the user's own, or Kubernetes'.
    private static final Set<String> FREE = Set.of(
            "config",
            "isolation",
            "annotations",
            "podAnnotations",
            "nodeSelector",
            "affinity",
            "requests",
            "limits",
            "resources",
            "dnsTo");

    @Test
    void everyValueIsInTheSchema() {
        var missing = new ArrayList<String>();
        compare("", Chart.values(), Chart.schema(), missing);
        assertThat(missing).isEmpty();
    }

    private static void compare(String path, Yaml values, Yaml schema, List<String> missing) {
        var resolved = resolve(schema);
        assertThat(resolved.at("additionalProperties").value())
                .as("additionalProperties of %s", path)
                .isEqualTo(false);
        for (var key : values.keys()) {
            var below = resolved.at("properties", key);
            if (!below.isPresent()) {
                missing.add(path + key);
            } else if (values.at(key).isMap() && !FREE.contains(key)) {
                compare(path + key + ".", values.at(key), below, missing);
            }
        }
    }

    private static Yaml resolve(Yaml schema) {
        var reference = schema.at("$ref");
        return reference.isPresent()
                ? Chart.schema().at("$defs", reference.text().substring("#/$defs/".length()))
                : schema;
    }

    @Test
    void everyPropertyOfTheSchemaIsAValue() {
        var extra = new ArrayList<String>();
        superfluous("", Chart.values(), Chart.schema(), extra);
        // Helm itself sets `global`.
        assertThat(extra).containsExactly("global");
    }

    private static void superfluous(String path, Yaml values, Yaml schema, List<String> extra) {
        var resolved = resolve(schema);
        for (var key : resolved.at("properties").keys()) {
            if (!values.keys().contains(key)) {
                extra.add(path + key);
            } else if (values.at(key).isMap() && !FREE.contains(key)) {
                superfluous(path + key + ".", values.at(key), resolved.at("properties", key), extra);
            }
        }
    }

    @Test
    void everyValueIsCamelCase() {
        assertThat(Chart.values().everything().flatMap(node -> node.keys().stream()))
                .filteredOn(key -> !key.contains("/"))
                .allMatch(key -> CAMEL_CASE.matcher(key).matches());
    }

    @Test
    void everyValueHasAComment() throws IOException {
        var lines = Files.readAllLines(Chart.FOLDER.resolve("values.yaml"));
        var uncommented = new ArrayList<String>();
        var freeIndent = Integer.MAX_VALUE;
        for (var i = 0; i < lines.size(); i++) {
            var key = KEY_LINE.matcher(lines.get(i));
            if (!key.matches()) {
                continue;
            }
            var indent = key.group(1).length();
            if (indent > freeIndent) {
                continue;
            }
            freeIndent = FREE.contains(key.group(2)) ? indent : Integer.MAX_VALUE;
            var isGroup = key.group(3).isBlank() && !FREE.contains(key.group(2)) && !isList(lines, i, indent);
            if (!isGroup && !isDocumented(lines, i)) {
                uncommented.add("line " + (i + 1) + ": " + lines.get(i).strip());
            }
        }
        assertThat(uncommented).isEmpty();
    }

    private static boolean isList(List<String> lines, int at, int indent) {
        return at + 1 < lines.size() && lines.get(at + 1).startsWith(" ".repeat(indent + 2) + "- ");
    }

    /// A comment block above that begins with `# --`.
    private static boolean isDocumented(List<String> lines, int at) {
        for (var i = at - 1; i >= 0 && lines.get(i).strip().startsWith("#"); i--) {
            if (lines.get(i).strip().startsWith("# -- ")) {
                return true;
            }
        }
        return false;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {gatway: {replicas: 2}}                     | gatway
            {gateway: {replica: 2}}                     | replica
            {worker: {autoscaling: {max: 2}}}           | max
            {gateway: {replicas: 0}}                    | /gateway/replicas
            {worker: {variant: cpu}}                    | /worker/variant
            {worker: {engines: {allowed: [xgboost]}}}   | /worker/engines/allowed
            {worker: {engines: {isolation: {keras: process}}}} | keras
            {worker: {engines: {isolation: {xgboost: vm}}}} | /worker/engines/isolation/xgboost
            {gateway: {service: {port: 70000}}}         | /gateway/service/port
            {gateway: {service: {type: Magic}}}         | /gateway/service/type
            {gateway: {tls: {secretName: "A B"}}}       | /gateway/tls/secretName
            {gateway: {tls: {secret: tls}}}             | secret
            {image: {pullPolicy: sometimes}}            | /image/pullPolicy
            {registry: {storage: {size: lots}}}         | /registry/storage/size
            {registry: {replicas: 2}}                   | replicas
            {postgres: {image: {tag: latest}}}          | /postgres/image/tag
            {postgres: {database: "a; drop table"}}     | /postgres/database
            {networkPolicy: {dnsTo: []}}                | /networkPolicy/dnsTo
            {networkPolicy: {apiServerCidrs: [all]}}    | /networkPolicy/apiServerCidrs
            """)
    void wrongValue_isRefusedByName(String values, String named) {
        assertThatThrownBy(() -> Chart.render(values)).hasMessageContaining(named);
    }
}
