package io.presage.api.grpc;

import io.presage.api.grpc.wire.InferBatchStatistics;
import io.presage.api.grpc.wire.InferStatistics;
import io.presage.api.grpc.wire.ModelStatistics;
import io.presage.api.grpc.wire.ModelStatisticsResponse;
import io.presage.api.grpc.wire.StatisticDuration;
import io.vertx.core.buffer.Buffer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Statistics of versions, Triton's in JSON, as a `ModelStatisticsResponse`. Triton's message has no place for how
/// many workers were asked and how many answered: that is metadata. Pure.
///
/// @param asked workers
/// @param answered those of them whose figures are in it
record StatisticsAnswer(ModelStatisticsResponse message, int asked, int answered) {
    private static final JsonMapper JSON = new JsonMapper();

    /// @throws JacksonException unless it is what the gateway itself wrote
    static StatisticsAnswer of(Buffer body) {
        var json = JSON.readTree(body.getBytes());
        var response = ModelStatisticsResponse.newBuilder();
        json.path("model_stats").forEach(version -> response.addModelStats(version(version)));
        var replicas = json.path("replicas");
        return new StatisticsAnswer(
                response.build(),
                replicas.path("asked").asInt(0),
                replicas.path("answered").asInt(0));
    }

    private static ModelStatistics.Builder version(JsonNode json) {
        var version = ModelStatistics.newBuilder()
                .setName(json.path("name").asString(""))
                .setVersion(json.path("version").asString(""))
                .setLastInference(json.path("last_inference").asLong(0))
                .setInferenceCount(json.path("inference_count").asLong(0))
                .setExecutionCount(json.path("execution_count").asLong(0))
                .setInferenceStats(calls(json.path("inference_stats")));
        json.path("batch_stats").forEach(batch -> version.addBatchStats(batch(batch)));
        return version;
    }

    private static InferStatistics.Builder calls(JsonNode json) {
        return InferStatistics.newBuilder()
                .setSuccess(duration(json, "success"))
                .setFail(duration(json, "fail"))
                .setQueue(duration(json, "queue"))
                .setComputeInput(duration(json, "compute_input"))
                .setComputeInfer(duration(json, "compute_infer"))
                .setComputeOutput(duration(json, "compute_output"))
                .setCacheHit(duration(json, "cache_hit"))
                .setCacheMiss(duration(json, "cache_miss"));
    }

    private static InferBatchStatistics.Builder batch(JsonNode json) {
        return InferBatchStatistics.newBuilder()
                .setBatchSize(json.path("batch_size").asLong(0))
                .setComputeInput(duration(json, "compute_input"))
                .setComputeInfer(duration(json, "compute_infer"))
                .setComputeOutput(duration(json, "compute_output"));
    }

    private static StatisticDuration.Builder duration(JsonNode json, String part) {
        var duration = json.path(part);
        return StatisticDuration.newBuilder()
                .setCount(duration.path("count").asLong(0))
                .setNs(duration.path("ns").asLong(0));
    }
}
