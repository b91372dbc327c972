package io.presage.api.infer;

import io.presage.api.access.Grant;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Triton's `model_stats` of several workers, added up by version: counts and times are summed, of the last calls
/// the latest counts. One thread at a time.
final class StatisticsSum {
    private static final JsonMapper JSON = new JsonMapper();

    /// By model, then by version, as far as `grant` may see them.
    private final Map<String, Map<Integer, ObjectNode>> versions = new TreeMap<>();

    private final Grant grant;
    private final int asked;
    private int answered;

    /// @param asked workers that are asked
    StatisticsSum(Grant grant, int asked) {
        this.grant = grant;
        this.asked = asked;
    }

    /// False, and nothing added, when the answer is not what a worker gives.
    boolean add(byte[] answer) {
        JsonNode all;
        try {
            all = JSON.readTree(answer).path("model_stats");
        } catch (JacksonException _) {
            return false;
        }
        if (!all.isArray()) {
            return false;
        }
        for (var one : all) {
            if (one instanceof ObjectNode version
                    && grant.covers(version.path("name").asString(""))) {
                add(version);
            }
        }
        answered++;
        return true;
    }

    private void add(ObjectNode version) {
        var ofModel = versions.computeIfAbsent(version.path("name").asString(""), _ -> new TreeMap<>());
        int number = version.path("version").asInt(0);
        var known = ofModel.putIfAbsent(number, version);
        if (known != null) {
            merge(known, version);
        }
    }

    private static void merge(ObjectNode into, ObjectNode from) {
        into.put(
                "last_inference",
                Math.max(
                        into.path("last_inference").asLong(0),
                        from.path("last_inference").asLong(0)));
        sum(into, from, "inference_count");
        sum(into, from, "execution_count");
        durations(into.path("inference_stats"), from.path("inference_stats"));
        if (into.get("batch_stats") instanceof ArrayNode batches) {
            for (var batch : from.path("batch_stats")) {
                merge(batches, batch);
            }
        }
    }

    private static void merge(ArrayNode batches, JsonNode batch) {
        int size = batch.path("batch_size").asInt(0);
        int at = 0;
        while (at < batches.size() && batches.get(at).path("batch_size").asInt(0) < size) {
            at++;
        }
        if (at < batches.size() && batches.get(at).path("batch_size").asInt(0) == size) {
            durations(batches.get(at), batch);
        } else {
            batches.insert(at, batch);
        }
    }

    /// Adds up every `{count, ns}` of an object.
    private static void durations(JsonNode into, JsonNode from) {
        for (var part : from.properties()) {
            if (into.get(part.getKey()) instanceof ObjectNode known && part.getValue() instanceof ObjectNode more) {
                sum(known, more, "count");
                sum(known, more, "ns");
            }
        }
    }

    private static void sum(ObjectNode into, JsonNode from, String member) {
        into.put(member, into.path(member).asLong(0) + from.path(member).asLong(0));
    }

    int answered() {
        return answered;
    }

    /// With the number of workers that the figures are of, beside those that were asked.
    byte[] json() {
        var root = JSON.createObjectNode();
        var all = root.putArray("model_stats");
        versions.values().forEach(ofModel -> ofModel.values().forEach(all::add));
        root.putObject("replicas").put("asked", asked).put("answered", answered);
        return JSON.writeValueAsBytes(root);
    }
}
