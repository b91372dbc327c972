package io.presage.api.grpc;

import io.netty.buffer.Unpooled;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A predict call in OIP's binary form: JSON that names the tensors, then their bytes. All outputs are asked for
/// as binary. Pure.
///
/// @param jsonLength value of `Inference-Header-Content-Length`
record OipBody(List<Buffer> pieces, int jsonLength) {
    private static final int JOINED_BYTES_MAX = 16_384;
    private static final CharSequence BINARY = HttpHeaders.createOptimized("application/octet-stream");

    /// @throws ProblemException INVALID_REQUEST, INVALID_TENSOR, BODY_TOO_LARGE
    static OipBody of(InferMessage message, long bytesMax) {
        var inputs = message.inputs();
        inputs.forEach(OipBody::requireBytes);
        var raw = message.raw();
        if (!raw.isEmpty() && raw.size() != inputs.size()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    raw.size() + " raw_input_contents for " + inputs.size() + " inputs (expected: one for each)");
        }
        List<Buffer> tensors = new ArrayList<>(inputs.size());
        var json = new StringBuilder(256).append('{');
        if (!message.id().isEmpty()) {
            JsonText.quote(json.append("\"id\":"), message.id()).append(',');
        }
        json.append("\"parameters\":{\"binary_data_output\":true");
        Parameters.append(json, message.parameters(), "binary_data_output");
        json.append("},\"inputs\":[");
        long total = 0;
        for (int i = 0; i < inputs.size(); i++) {
            var input = inputs.get(i);
            var tensor = tensor(message, i, input, bytesMax - total);
            tensors.add(tensor);
            total += tensor.length();
            JsonText.quote(json.append(i == 0 ? "{\"name\":" : ",{\"name\":"), input.name())
                    .append(",\"shape\":")
                    .append(input.shape())
                    .append(",\"datatype\":\"")
                    .append(input.datatype().name())
                    .append("\",\"parameters\":{\"binary_data_size\":")
                    .append(tensor.length());
            Parameters.append(json, input.parameters(), "binary_data_size");
            json.append("}}");
        }
        json.append(']');
        outputs(json, message.outputs());
        byte[] head = json.append('}').toString().getBytes(StandardCharsets.UTF_8);
        return new OipBody(pieces(head, tensors, total), head.length);
    }

    private static void outputs(StringBuilder json, List<InferMessage.Output> outputs) {
        if (outputs.isEmpty()) {
            return;
        }
        json.append(",\"outputs\":[");
        for (int i = 0; i < outputs.size(); i++) {
            var output = outputs.get(i);
            JsonText.quote(json.append(i == 0 ? "{\"name\":" : ",{\"name\":"), output.name());
            if (!output.parameters().isEmpty()) {
                json.append(",\"parameters\":{\"binary_data\":true");
                Parameters.append(json, output.parameters(), "binary_data");
                json.append('}');
            }
            json.append('}');
        }
        json.append(']');
    }

    /// Sets the headers that such a body has in REST.
    void describe(MultiMap headers) {
        headers.set(HttpHeaders.CONTENT_TYPE, BINARY);
        headers.set(Headers.INFERENCE_HEADER_CONTENT_LENGTH, Integer.toString(jsonLength));
    }

    /// Without this, what a client put into shared memory would be missed as contents.
    private static void requireBytes(InferMessage.Input input) {
        if (input.parameters().containsKey("shared_memory_region")) {
            throw new ProblemException(
                    Problem.UNSUPPORTED,
                    TypedContents.label(input) + ": parameters.shared_memory_region (expected: contents)");
        }
    }

    private static Buffer tensor(InferMessage message, int index, InferMessage.Input input, long bytesMax) {
        if (message.raw().isEmpty()) {
            return wrapped(TypedContents.raw(message.bytes(), input, bytesMax));
        }
        if (input.contents() != null) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    TypedContents.label(input) + ": contents beside raw_input_contents (expected: one of them)");
        }
        var range = message.raw().get(index);
        return BufferInternal.buffer(Unpooled.wrappedBuffer(message.bytes(), range.from(), range.length()));
    }

    private static List<Buffer> pieces(byte[] head, List<Buffer> tensors, long total) {
        if (head.length + total <= JOINED_BYTES_MAX) {
            var all = new byte[head.length + (int) total];
            System.arraycopy(head, 0, all, 0, head.length);
            int at = head.length;
            for (var tensor : tensors) {
                tensor.getBytes(all, at);
                at += tensor.length();
            }
            return List.of(wrapped(all));
        }
        List<Buffer> pieces = new ArrayList<>(1 + tensors.size());
        pieces.add(wrapped(head));
        pieces.addAll(tensors);
        return pieces;
    }

    private static Buffer wrapped(byte[] bytes) {
        return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes));
    }
}
