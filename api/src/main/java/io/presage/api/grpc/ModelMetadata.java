package io.presage.api.grpc;

import io.presage.api.grpc.wire.ModelMetadataResponse;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.buffer.Buffer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A worker's answer about a model as a `ModelMetadataResponse`. Pure.
final class ModelMetadata {
    private static final JsonMapper JSON = new JsonMapper();

    /// @throws ProblemException UPSTREAM_FAILED
    static ModelMetadataResponse of(Buffer body) {
        try {
            var json = JSON.readTree(body.getBytes());
            var response = ModelMetadataResponse.newBuilder()
                    .setName(json.path("name").asString(""))
                    .setPlatform(json.path("platform").asString(""));
            json.path("versions").forEach(version -> response.addVersions(version.asString("")));
            json.path("inputs").forEach(tensor -> response.addInputs(tensor(tensor)));
            json.path("outputs").forEach(tensor -> response.addOutputs(tensor(tensor)));
            json.path("properties")
                    .properties()
                    .forEach(entry -> response.putProperties(
                            entry.getKey(), entry.getValue().asString("")));
            return response.build();
        } catch (JacksonException e) {
            throw new ProblemException(Problem.UPSTREAM_FAILED, "the replica's answer is not JSON", e);
        }
    }

    private static ModelMetadataResponse.TensorMetadata tensor(JsonNode json) {
        var tensor = ModelMetadataResponse.TensorMetadata.newBuilder()
                .setName(json.path("name").asString(""))
                .setDatatype(json.path("datatype").asString(""));
        json.path("shape").forEach(dim -> tensor.addShape(dim.asLong()));
        return tensor.build();
    }

    private ModelMetadata() {}
}
