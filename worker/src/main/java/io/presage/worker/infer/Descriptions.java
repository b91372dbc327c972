package io.presage.worker.infer;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.engine.Device;
import io.presage.worker.versions.HeldVersion;
import io.presage.worker.versions.VersionStatistics;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What is said of a version, in the words of OIP and of Triton's extensions to it (model configuration,
/// statistics). Pure.
final class Descriptions {
    private Descriptions() {}

    /// OIP's model metadata. `versions`: all that are held of the model.
    static Map<String, Object> metadata(HeldVersion held, Collection<HeldVersion> versions) {
        var body = new LinkedHashMap<String, Object>();
        body.put("name", held.key().model());
        body.put("versions", versions.stream().map(HeldVersion::versionText).toList());
        body.put("platform", held.platform());
        body.put(
                "inputs",
                held.signature().inputs().stream().map(Descriptions::tensor).toList());
        body.put(
                "outputs",
                held.signature().outputs().stream().map(Descriptions::tensor).toList());
        return body;
    }

    private static Map<String, Object> tensor(TensorSpec spec) {
        var tensor = new LinkedHashMap<String, Object>();
        tensor.put("name", spec.name());
        tensor.put("datatype", spec.datatype().name());
        tensor.put("shape", spec.shape());
        return tensor;
    }

    /// Triton's ModelConfig, as far as there is something to say. Dimensions are those of a row where rows are
    /// batched.
    static Map<String, Object> config(HeldVersion held, Collection<HeldVersion> versions) {
        var serving = held.serving();
        var isBatched = held.signature().batchable() && serving.rowsMax() > 0;
        var body = new LinkedHashMap<String, Object>();
        body.put("name", held.key().model());
        body.put("platform", held.platform());
        int underscore = held.platform().indexOf('_');
        body.put("backend", underscore < 0 ? held.platform() : held.platform().substring(0, underscore));
        body.put(
                "version_policy",
                Map.of(
                        "specific",
                        Map.of(
                                "versions",
                                versions.stream()
                                        .map(one -> one.key().version())
                                        .toList())));
        body.put("max_batch_size", isBatched ? serving.rowsMax() : 0);
        body.put(
                "input",
                held.signature().inputs().stream()
                        .map(spec -> configured(spec, isBatched))
                        .toList());
        body.put(
                "output",
                held.signature().outputs().stream()
                        .map(spec -> configured(spec, isBatched))
                        .toList());
        if (isBatched) {
            body.put("dynamic_batching", batching(serving.rowsMax(), serving.windowMicros()));
        }
        var group = new LinkedHashMap<String, Object>();
        group.put("name", held.key().model());
        group.put("kind", serving.device() == Device.Kind.CUDA ? "KIND_GPU" : "KIND_CPU");
        group.put("count", serving.instances());
        body.put("instance_group", List.of(group));
        return body;
    }

    private static Map<String, Object> configured(TensorSpec spec, boolean isBatched) {
        var tensor = new LinkedHashMap<String, Object>();
        tensor.put("name", spec.name());
        tensor.put(
                "data_type",
                "TYPE_"
                        + (spec.datatype() == DataType.BYTES
                                ? "STRING"
                                : spec.datatype().name()));
        tensor.put("dims", isBatched ? spec.shape().subList(1, spec.shape().size()) : spec.shape());
        return tensor;
    }

    private static Map<String, Object> batching(int rowsMax, int windowMicros) {
        var batching = new LinkedHashMap<String, Object>();
        batching.put("preferred_batch_size", List.of(rowsMax));
        if (windowMicros >= 0) {
            batching.put("max_queue_delay_microseconds", windowMicros);
        }
        return batching;
    }

    /// One entry of Triton's `model_stats`. `lastMillis`: of the last call, since 1970; 0 = there was none.
    static Map<String, Object> statistics(HeldVersion held, VersionStatistics seen, long lastMillis) {
        var body = new LinkedHashMap<String, Object>();
        body.put("name", held.key().model());
        body.put("version", held.versionText());
        body.put("last_inference", lastMillis);
        body.put("inference_count", seen.rows());
        body.put("execution_count", seen.runs());
        var calls = new LinkedHashMap<String, Object>();
        calls.put("success", duration(seen.calls(), seen.callNanos()));
        calls.put("fail", duration(seen.failures(), seen.failureNanos()));
        calls.put("queue", duration(seen.calls(), seen.queueNanos()));
        calls.put("compute_input", duration(seen.calls(), seen.prepareNanos()));
        calls.put("compute_infer", duration(seen.calls(), seen.computeNanos()));
        calls.put("compute_output", duration(seen.calls(), seen.encodeNanos()));
        // Answers are cached, if at all, in front of workers.
        calls.put("cache_hit", duration(0, 0));
        calls.put("cache_miss", duration(0, 0));
        body.put("inference_stats", calls);
        body.put("batch_stats", seen.batches().stream().map(Descriptions::batch).toList());
        return body;
    }

    private static Map<String, Object> batch(VersionStatistics.Batch batch) {
        var body = new LinkedHashMap<String, Object>();
        body.put("batch_size", batch.rows());
        // Calls are prepared and answered one by one: of a batch there is only the run.
        body.put("compute_input", duration(batch.runs(), 0));
        body.put("compute_infer", duration(batch.runs(), batch.nanos()));
        body.put("compute_output", duration(batch.runs(), 0));
        return body;
    }

    private static Map<String, Object> duration(long count, long nanos) {
        var body = new LinkedHashMap<String, Object>();
        body.put("count", count);
        body.put("ns", nanos);
        return body;
    }
}
