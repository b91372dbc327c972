package io.presage.api.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.presage.api.grpc.wire.InferParameter;
import io.presage.api.grpc.wire.ModelInferResponse;
import io.presage.api.infer.AnswerHead;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A worker's answer in OIP's binary form as a `ModelInferResponse`; always with raw contents, because public
/// clients read nothing else. The tensors' bytes are not copied. Pure.
final class InferAnswer {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String BINARY_DATA_SIZE = "binary_data_size";

    /// @throws ProblemException UPSTREAM_FAILED when it is not that form
    static ModelInferResponse of(AnswerHead head, Buffer body) {
        // None when there was no output to travel as binary.
        String jsonLength = head.headers().get(Headers.INFERENCE_HEADER_CONTENT_LENGTH);
        try {
            int jsonEnd = jsonLength == null ? body.length() : Integer.parseInt(jsonLength);
            return read(body, JSON.readTree(body.getBytes(0, jsonEnd)), jsonEnd);
        } catch (JacksonException | NumberFormatException | IndexOutOfBoundsException e) {
            throw new ProblemException(
                    Problem.UPSTREAM_FAILED, "the replica's answer cannot be read: " + e.getMessage(), e);
        }
    }

    private static ModelInferResponse read(Buffer body, JsonNode json, int jsonEnd) {
        var response = ModelInferResponse.newBuilder()
                .setModelName(json.path("model_name").asString(""))
                .setModelVersion(json.path("model_version").asString(""))
                .setId(json.path("id").asString(""));
        for (var entry : json.path("parameters").properties()) {
            parameter(entry.getValue()).ifPresent(value -> response.putParameters(entry.getKey(), value));
        }
        int at = jsonEnd;
        for (var output : json.path("outputs")) {
            var parameters = output.path("parameters");
            var size = parameters.path(BINARY_DATA_SIZE);
            if (!size.isInt() || size.intValue() > body.length() - at) {
                throw new ProblemException(
                        Problem.UPSTREAM_FAILED,
                        "the replica's answer has an output without its bytes (binary_data_size: " + size + ")");
            }
            var to = response.addOutputsBuilder()
                    .setName(output.path("name").asString(""))
                    .setDatatype(output.path("datatype").asString(""));
            for (var dim : output.path("shape")) {
                to.addShape(dim.asLong());
            }
            for (var entry : parameters.properties()) {
                if (!entry.getKey().equals(BINARY_DATA_SIZE)) {
                    parameter(entry.getValue()).ifPresent(value -> to.putParameters(entry.getKey(), value));
                }
            }
            response.addRawOutputContents(bytes(body, at, size.intValue()));
            at += size.intValue();
        }
        return response.build();
    }

    private static ByteString bytes(Buffer body, int from, int length) {
        return UnsafeByteOperations.unsafeWrap(
                ((BufferInternal) body).getByteBuf().nioBuffer(from, length));
    }

    private static Optional<InferParameter> parameter(JsonNode value) {
        var parameter = InferParameter.newBuilder();
        if (value.isBoolean()) {
            return Optional.of(parameter.setBoolParam(value.booleanValue()).build());
        }
        if (value.isIntegralNumber() && value.canConvertToLong()) {
            return Optional.of(parameter.setInt64Param(value.longValue()).build());
        }
        if (value.isIntegralNumber()
                && value.bigIntegerValue().signum() > 0
                && value.bigIntegerValue().bitLength() <= Long.SIZE) {
            return Optional.of(parameter
                    .setUint64Param(value.bigIntegerValue().longValue())
                    .build());
        }
        if (value.isNumber()) {
            return Optional.of(parameter.setDoubleParam(value.asDouble()).build());
        }
        return value.isString()
                ? Optional.of(parameter.setStringParam(value.stringValue()).build())
                : Optional.empty();
    }

    private InferAnswer() {}
}
