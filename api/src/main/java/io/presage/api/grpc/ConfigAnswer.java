package io.presage.api.grpc;

import io.presage.api.grpc.wire.DataType;
import io.presage.api.grpc.wire.ModelConfig;
import io.presage.api.grpc.wire.ModelConfigResponse;
import io.presage.api.grpc.wire.ModelInstanceGroup;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A worker's configuration of a model, Triton's ModelConfig in JSON, as a `ModelConfigResponse`. Pure.
final class ConfigAnswer {
    private static final JsonMapper JSON = new JsonMapper();

    /// @throws ProblemException UPSTREAM_FAILED
    static ModelConfigResponse of(Buffer body) {
        try {
            return ModelConfigResponse.newBuilder()
                    .setConfig(config(JSON.readTree(body.getBytes())))
                    .build();
        } catch (JacksonException e) {
            throw new ProblemException(Problem.UPSTREAM_FAILED, "the replica's answer is not JSON", e);
        }
    }

    private static ModelConfig.Builder config(JsonNode json) {
        var config = ModelConfig.newBuilder()
                .setName(json.path("name").asString(""))
                .setPlatform(json.path("platform").asString(""))
                .setBackend(json.path("backend").asString(""))
                .setMaxBatchSize(json.path("max_batch_size").asInt(0));
        var specific = json.path("version_policy").path("specific");
        if (specific.isObject()) {
            config.getVersionPolicyBuilder().getSpecificBuilder().addAllVersions(longs(specific.path("versions")));
        }
        for (var input : json.path("input")) {
            config.addInputBuilder()
                    .setName(input.path("name").asString(""))
                    .setDataType(dataType(input))
                    .addAllDims(longs(input.path("dims")));
        }
        for (var output : json.path("output")) {
            config.addOutputBuilder()
                    .setName(output.path("name").asString(""))
                    .setDataType(dataType(output))
                    .addAllDims(longs(output.path("dims")));
        }
        var batching = json.path("dynamic_batching");
        if (batching.isObject()) {
            var to = config.getDynamicBatchingBuilder()
                    .setMaxQueueDelayMicroseconds(
                            batching.path("max_queue_delay_microseconds").asLong(0));
            batching.path("preferred_batch_size").forEach(size -> to.addPreferredBatchSize(size.asInt(0)));
        }
        for (var group : json.path("instance_group")) {
            config.addInstanceGroupBuilder()
                    .setName(group.path("name").asString(""))
                    .setCount(group.path("count").asInt(0))
                    .setKind(named(
                            ModelInstanceGroup.Kind.values(),
                            group.path("kind").asString(""),
                            ModelInstanceGroup.Kind.KIND_AUTO));
        }
        return config;
    }

    private static List<Long> longs(JsonNode array) {
        return array.valueStream().map(one -> one.asLong(0)).toList();
    }

    private static DataType dataType(JsonNode tensor) {
        return named(DataType.values(), tensor.path("data_type").asString(""), DataType.TYPE_INVALID);
    }

    private static <E extends Enum<E>> E named(E[] values, String name, E otherwise) {
        return Arrays.stream(values)
                .filter(value -> value.name().equals(name))
                .findFirst()
                .orElse(otherwise);
    }

    private ConfigAnswer() {}
}
