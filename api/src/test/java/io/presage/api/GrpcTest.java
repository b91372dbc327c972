package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.sun.net.httpserver.HttpExchange;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.presage.api.grpc.wire.DataType;
import io.presage.api.grpc.wire.HealthCheckRequest;
import io.presage.api.grpc.wire.HealthCheckResponse;
import io.presage.api.grpc.wire.InferBatchStatistics;
import io.presage.api.grpc.wire.InferParameter;
import io.presage.api.grpc.wire.InferStatistics;
import io.presage.api.grpc.wire.InferTensorContents;
import io.presage.api.grpc.wire.ModelConfig;
import io.presage.api.grpc.wire.ModelConfigRequest;
import io.presage.api.grpc.wire.ModelDynamicBatching;
import io.presage.api.grpc.wire.ModelInferRequest;
import io.presage.api.grpc.wire.ModelInput;
import io.presage.api.grpc.wire.ModelInstanceGroup;
import io.presage.api.grpc.wire.ModelMetadataRequest;
import io.presage.api.grpc.wire.ModelOutput;
import io.presage.api.grpc.wire.ModelReadyRequest;
import io.presage.api.grpc.wire.ModelStatistics;
import io.presage.api.grpc.wire.ModelStatisticsRequest;
import io.presage.api.grpc.wire.ModelStreamInferResponse;
import io.presage.api.grpc.wire.ModelVersionPolicy;
import io.presage.api.grpc.wire.RepositoryIndexRequest;
import io.presage.api.grpc.wire.ServerLiveRequest;
import io.presage.api.grpc.wire.ServerMetadataRequest;
import io.presage.api.grpc.wire.ServerReadyRequest;
import io.presage.api.grpc.wire.ServerReflectionRequest;
import io.presage.api.grpc.wire.ServerReflectionResponse;
import io.presage.api.grpc.wire.StatisticDuration;
import io.presage.contract.http.Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The gRPC services as an unmodified grpc-java client meets them.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GrpcTest {
    private static final String ANSWER =
            "{\"model_name\":\"fraud\",\"model_version\":\"1\",\"id\":\"seven\",\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[1,2],"
                    + "\"parameters\":{\"binary_data_size\":8}},{\"name\":\"label\",\"datatype\":\"BYTES\",\"shape\":[1],"
                    + "\"parameters\":{\"binary_data_size\":6}}]}";
    private static final byte[] FLOATS = ByteBuffer.allocate(8)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putFloat(0.25f)
            .putFloat(-1f)
            .array();
    private static final byte[] TEXT = {2, 0, 0, 0, 'o', 'k'};

    private FakeRegistry registry;
    private FakeWorker worker;
    private Gateway gateway;
    private GrpcClient client;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new FakeRegistry();
        worker = new FakeWorker("w1");
        registry.publish(Gateway.table(1, "fraud", 1, worker));
        gateway = new Gateway(
                        registry.port(),
                        data,
                        "gateway.http.body-bytes-max=1MB",
                        "gateway.limits.permits=1000000",
                        "gateway.http.stop-timeout=1s")
                .awaitRevision(1);
        client = new GrpcClient(gateway.port());
    }

    @AfterAll
    void stop() {
        client.close();
        gateway.close();
        worker.close();
        registry.close();
    }

    @BeforeEach
    void answers() {
        worker.seen.clear();
        worker.does(exchange -> answer(exchange, ANSWER, FLOATS, TEXT));
    }

    private static void answer(HttpExchange exchange, String json, byte[]... tensors) throws IOException {
        byte[] head = json.getBytes(StandardCharsets.UTF_8);
        int length = head.length;
        for (byte[] tensor : tensors) {
            length += tensor.length;
        }
        exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
        exchange.getResponseHeaders().set(Headers.INFERENCE_HEADER_CONTENT_LENGTH, Integer.toString(head.length));
        exchange.sendResponseHeaders(200, length);
        exchange.getResponseBody().write(head);
        for (byte[] tensor : tensors) {
            exchange.getResponseBody().write(tensor);
        }
    }

    private static ModelInferRequest.Builder request() {
        var request = ModelInferRequest.newBuilder().setModelName("fraud").setId("seven");
        request.addInputsBuilder()
                .setName("x")
                .setDatatype("FP32")
                .addShape(1)
                .addShape(2)
                .setContents(
                        InferTensorContents.newBuilder().addFp32Contents(1.5f).addFp32Contents(2f));
        return request;
    }

    private static ModelInferRequest.Builder rawRequest(byte[] raw) {
        var request = ModelInferRequest.newBuilder().setModelName("fraud");
        request.addInputsBuilder().setName("x").setDatatype("UINT8").addShape(raw.length);
        return request.addRawInputContents(ByteString.copyFrom(raw));
    }

    private <Q, A> StatusRuntimeException refused(MethodDescriptor<Q, A> method, Q request) {
        return catchThrowableOfType(StatusRuntimeException.class, () -> client.call(method, request));
    }

    @Test
    void typedContents_reachTheWorkerAsOipsBinaryForm() {
        var answer = client.call(GrpcClient.INFER, request().build());

        var seen = worker.seen.getFirst();
        assertThat(seen.path()).isEqualTo("/v2/models/fraud/versions/1/infer");
        assertThat(seen.header("content-type")).isEqualTo("application/octet-stream");
        assertThat(seen.header("accept-encoding")).isEmpty();
        assertThat(seen.header("authorization")).isEmpty();
        int json = Integer.parseInt(seen.header(Headers.INFERENCE_HEADER_CONTENT_LENGTH));
        assertThat(seen.body().getString(0, json))
                .isEqualTo("{\"id\":\"seven\",\"parameters\":{\"binary_data_output\":true},\"inputs\":[{\"name\":\"x\","
                        + "\"shape\":[1, 2],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":8}}]}");
        var floats = ByteBuffer.wrap(seen.body().getBytes(json, seen.body().length()))
                .order(ByteOrder.LITTLE_ENDIAN);
        assertThat(floats.getFloat()).isEqualTo(1.5f);
        assertThat(floats.getFloat()).isEqualTo(2f);
        assertThat(floats.remaining()).isZero();

        assertThat(answer.getModelName()).isEqualTo("fraud");
        assertThat(answer.getModelVersion()).isEqualTo("1");
        assertThat(answer.getId()).isEqualTo("seven");
        assertThat(answer.getOutputsList()).hasSize(2);
        assertThat(answer.getOutputs(0).getShapeList()).containsExactly(1L, 2L);
        assertThat(answer.getOutputs(0).hasContents()).isFalse();
        assertThat(answer.getRawOutputContentsList())
                .containsExactly(ByteString.copyFrom(FLOATS), ByteString.copyFrom(TEXT));
    }

    @Test
    void parameters_reachTheWorker_andComeBack() {
        worker.does(exchange -> answer(
                exchange,
                "{\"model_name\":\"fraud\",\"model_version\":\"1\",\"parameters\":{\"b\":true,\"i\":-7,"
                        + "\"u\":18446744073709551615,\"d\":0.5,\"s\":\"t\",\"list\":[1]},\"outputs\":[{\"name\":\"y\","
                        + "\"datatype\":\"FP32\",\"shape\":[1,2],\"parameters\":{\"binary_data_size\":8,\"unit\":\"g\"}}]}",
                FLOATS));
        var answer = client.call(
                GrpcClient.INFER,
                request()
                        .putParameters(
                                "priority",
                                InferParameter.newBuilder().setUint64Param(2).build())
                        .build());

        assertThat(worker.seen.getFirst().body().toString(StandardCharsets.ISO_8859_1))
                .contains("\"parameters\":{\"binary_data_output\":true,\"priority\":2}");
        assertThat(answer.getParametersMap())
                .containsOnly(
                        Map.entry(
                                "b",
                                InferParameter.newBuilder().setBoolParam(true).build()),
                        Map.entry(
                                "i",
                                InferParameter.newBuilder().setInt64Param(-7).build()),
                        Map.entry(
                                "u",
                                InferParameter.newBuilder().setUint64Param(-1).build()),
                        Map.entry(
                                "d",
                                InferParameter.newBuilder().setDoubleParam(0.5).build()),
                        Map.entry(
                                "s",
                                InferParameter.newBuilder().setStringParam("t").build()));
        assertThat(answer.getOutputs(0).getParametersMap())
                .containsOnly(Map.entry(
                        "unit", InferParameter.newBuilder().setStringParam("g").build()));
    }

    @Test
    void largeRawContents_passUnchanged() {
        var raw = new byte[700_000];
        for (int i = 0; i < raw.length; i++) {
            raw[i] = (byte) (i * 31);
        }
        client.call(GrpcClient.INFER, rawRequest(raw).build());
        var seen = worker.seen.getFirst();
        int json = Integer.parseInt(seen.header(Headers.INFERENCE_HEADER_CONTENT_LENGTH));
        assertThat(seen.body().getBytes(json, seen.body().length())).isEqualTo(raw);
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void compressedMessage_isInflated() {
        client.call(
                client.withKey(),
                CallOptions.DEFAULT.withCompression("gzip"),
                GrpcClient.INFER,
                rawRequest(new byte[10_000]).build());
        assertThat(worker.seen).hasSize(1);
        var bomb = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> client.call(
                        client.withKey(),
                        CallOptions.DEFAULT.withCompression("gzip"),
                        GrpcClient.INFER,
                        rawRequest(new byte[3_000_000]).build()));
        assertThat(bomb.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void workersError_becomesAStatus() {
        worker.does(exchange -> {
            exchange.getResponseHeaders().set(Headers.PROBLEM_CODE, "INVALID_TENSOR");
            FakeWorker.answer(exchange, 400, "{\"error\":\"input 'x': wrong 100 %\",\"code\":\"INVALID_TENSOR\"}");
        });
        var refused = refused(GrpcClient.INFER, request().build());
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused.getStatus().getDescription()).isEqualTo("input 'x': wrong 100 %");
        assertThat(trailer(refused, "presage-problem")).isEqualTo("INVALID_TENSOR");
    }

    private static @Nullable String trailer(StatusRuntimeException refused, String name) {
        var trailers = refused.getTrailers();
        return trailers == null ? null : trailers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
    }

    @Test
    void statuses_areThoseOfTheProblems() {
        assertThat(refused(GrpcClient.INFER, request().setModelName("none").build())
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
        assertThat(refused(GrpcClient.INFER, request().setModelVersion("9").build())
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
        assertThat(refused(GrpcClient.INFER, rawRequest(new byte[2_000_000]).build())
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(refused(
                                GrpcClient.method(
                                        "inference.GRPCInferenceService/CudaSharedMemoryStatus",
                                        MethodDescriptor.MethodType.UNARY,
                                        (Message) ServerLiveRequest.getDefaultInstance(),
                                        (Message) ServerLiveRequest.getDefaultInstance()),
                                ServerLiveRequest.getDefaultInstance())
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.UNIMPLEMENTED);
        worker.refuses(503, "SHUTTING_DOWN");
        var unavailable = refused(GrpcClient.INFER, request().build());
        assertThat(unavailable.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(trailer(unavailable, "grpc-retry-pushback-ms")).isEqualTo("1000");
        assertThat(trailer(unavailable, "retry-after")).isEqualTo("1");
        assertThat(trailer(unavailable, "presage-model-version")).isEqualTo("1");
    }

    @Test
    void keyIsWanted_inEitherMetadata() {
        var none = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> client.call(
                        client.withoutKey(),
                        CallOptions.DEFAULT,
                        GrpcClient.INFER,
                        request().build()));
        assertThat(none.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(client.call(
                                client.with("x-api-key", Gateway.KEY),
                                CallOptions.DEFAULT,
                                GrpcClient.INFER,
                                request().build())
                        .getId())
                .isEqualTo("seven");
        assertThat(client.call(
                                client.withoutKey(),
                                CallOptions.DEFAULT,
                                GrpcClient.LIVE,
                                ServerLiveRequest.getDefaultInstance())
                        .getLive())
                .isTrue();
    }

    @Test
    void deadline_reachesTheWorker_andEndsTheCall() throws Exception {
        client.call(
                client.withKey(),
                CallOptions.DEFAULT.withDeadlineAfter(5, TimeUnit.SECONDS),
                GrpcClient.INFER,
                request().build());
        assertThat(Long.parseLong(worker.seen.getFirst().header(Headers.TIMEOUT_MILLIS)))
                .isBetween(1L, 5000L);

        var release = new CountDownLatch(1);
        worker.does(exchange -> {
            release.await();
            answer(exchange, ANSWER, FLOATS, TEXT);
        });
        try {
            // The metadata itself: the client's own clock must not be what ends the call.
            var late = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> client.call(
                            client.with("authorization", "Bearer " + Gateway.KEY, "presage-timeout-ms", "150"),
                            CallOptions.DEFAULT,
                            GrpcClient.INFER,
                            request().build()));
            assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(late.getStatus().getDescription()).contains("did not answer within 150 ms");
        } finally {
            release.countDown();
        }
    }

    @Test
    void cancelledCall_givesItsRoomBack() throws Exception {
        var arrived = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        worker.does(exchange -> {
            arrived.countDown();
            release.await();
        });
        var context = Context.current().withCancellation();
        try {
            context.run(() -> ClientCalls.futureUnaryCall(
                    client.withKey().newCall(GrpcClient.INFER, CallOptions.DEFAULT),
                    request().build()));
            assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
            context.cancel(null);
            Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
            Gateway.await(
                    "the outcome",
                    () -> gateway.metric("presage_gateway_request_duration_seconds", "outcome", "cancelled") >= 1);
        } finally {
            release.countDown();
        }
    }

    @Test
    void serverAndModel_tellAboutThemselves() {
        assertThat(client.call(GrpcClient.READY, ServerReadyRequest.getDefaultInstance())
                        .getReady())
                .isTrue();
        assertThat(client.call(GrpcClient.SERVER, ServerMetadataRequest.getDefaultInstance())
                        .getName())
                .isEqualTo("presage");
        assertThat(client.call(
                                GrpcClient.MODEL_READY,
                                ModelReadyRequest.newBuilder().setName("fraud").build())
                        .getReady())
                .isTrue();
        assertThat(client.call(GrpcClient.INDEX, RepositoryIndexRequest.getDefaultInstance())
                        .getModels(0)
                        .getState())
                .isEqualTo("READY");
        worker.does(exchange -> FakeWorker.answer(
                exchange,
                200,
                "{\"name\":\"fraud\",\"versions\":[\"1\"],\"platform\":\"onnx\",\"inputs\":[{\"name\":\"x\","
                        + "\"datatype\":\"FP32\",\"shape\":[-1,2]}],\"outputs\":[]}"));
        var model = client.call(
                GrpcClient.MODEL,
                ModelMetadataRequest.newBuilder().setName("fraud").build());
        assertThat(model.getPlatform()).isEqualTo("onnx");
        assertThat(model.getInputs(0).getShapeList()).containsExactly(-1L, 2L);
        assertThat(worker.seen.getFirst().method()).isEqualTo("GET");
    }

    @Test
    void configuration_isTritons() {
        worker.does(exchange -> FakeWorker.answer(
                exchange,
                200,
                "{\"name\":\"fraud\",\"platform\":\"onnxruntime_onnx\",\"backend\":\"onnxruntime\","
                        + "\"version_policy\":{\"specific\":{\"versions\":[1,3]}},\"max_batch_size\":64,"
                        + "\"input\":[{\"name\":\"x\",\"data_type\":\"TYPE_FP32\",\"dims\":[-1,4]}],"
                        + "\"output\":[{\"name\":\"y\",\"data_type\":\"TYPE_STRING\",\"dims\":[]},"
                        + "{\"name\":\"z\",\"data_type\":\"TYPE_NEW\",\"dims\":[2]}],"
                        + "\"dynamic_batching\":{\"preferred_batch_size\":[64],\"max_queue_delay_microseconds\":500},"
                        + "\"instance_group\":[{\"name\":\"fraud\",\"kind\":\"KIND_GPU\",\"count\":2}]}"));

        var config = client.call(
                        GrpcClient.CONFIG,
                        ModelConfigRequest.newBuilder().setName("fraud").build())
                .getConfig();

        assertThat(worker.seen.getFirst().path()).isEqualTo("/v2/models/fraud/versions/1/config");
        assertThat(config)
                .isEqualTo(ModelConfig.newBuilder()
                        .setName("fraud")
                        .setPlatform("onnxruntime_onnx")
                        .setBackend("onnxruntime")
                        .setVersionPolicy(ModelVersionPolicy.newBuilder()
                                .setSpecific(ModelVersionPolicy.Specific.newBuilder()
                                        .addVersions(1)
                                        .addVersions(3)))
                        .setMaxBatchSize(64)
                        .addInput(ModelInput.newBuilder()
                                .setName("x")
                                .setDataType(DataType.TYPE_FP32)
                                .addDims(-1)
                                .addDims(4))
                        .addOutput(ModelOutput.newBuilder().setName("y").setDataType(DataType.TYPE_STRING))
                        .addOutput(ModelOutput.newBuilder().setName("z").addDims(2))
                        .setDynamicBatching(ModelDynamicBatching.newBuilder()
                                .addPreferredBatchSize(64)
                                .setMaxQueueDelayMicroseconds(500))
                        .addInstanceGroup(ModelInstanceGroup.newBuilder()
                                .setName("fraud")
                                .setKind(ModelInstanceGroup.Kind.KIND_GPU)
                                .setCount(2))
                        .build());
        var unknown = ModelConfigRequest.newBuilder().setName("none").build();
        assertThat(refused(GrpcClient.CONFIG, unknown).getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        worker.does(exchange -> FakeWorker.answer(exchange, 200, "no JSON"));
        var known = ModelConfigRequest.newBuilder().setName("fraud").build();
        assertThat(refused(GrpcClient.CONFIG, known).getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    private static String duration(String part, int count) {
        return "\"" + part + "\":{\"count\":" + count + ",\"ns\":" + count * 100L + "}";
    }

    private static StatisticDuration duration(int count) {
        return StatisticDuration.newBuilder()
                .setCount(count)
                .setNs(count * 100L)
                .build();
    }

    @Test
    void statistics_areTritons() {
        worker.does(exchange -> FakeWorker.answer(
                exchange,
                200,
                "{\"model_stats\":[{\"name\":\"fraud\",\"version\":\"1\",\"last_inference\":1700000000000,"
                        + "\"inference_count\":9,\"execution_count\":4,\"inference_stats\":{"
                        + String.join(
                                ",",
                                duration("success", 1),
                                duration("fail", 2),
                                duration("queue", 3),
                                duration("compute_input", 4),
                                duration("compute_infer", 5),
                                duration("compute_output", 6),
                                duration("cache_hit", 7),
                                duration("cache_miss", 8))
                        + "},\"batch_stats\":[{\"batch_size\":2,"
                        + String.join(
                                ",",
                                duration("compute_input", 11),
                                duration("compute_infer", 12),
                                duration("compute_output", 13))
                        + "}]}]}"));
        var heads = new AtomicReference<Metadata>();
        var channel = ClientInterceptors.intercept(
                client.withKey(), MetadataUtils.newCaptureMetadataInterceptor(heads, new AtomicReference<>()));

        var answer = client.call(
                channel,
                CallOptions.DEFAULT,
                GrpcClient.STATISTICS,
                ModelStatisticsRequest.newBuilder()
                        .setName("fraud")
                        .setVersion("champion")
                        .build());

        assertThat(worker.seen.getFirst().path()).isEqualTo("/v2/models/fraud/versions/1/stats");
        assertThat(answer.getModelStatsList())
                .containsExactly(ModelStatistics.newBuilder()
                        .setName("fraud")
                        .setVersion("1")
                        .setLastInference(1_700_000_000_000L)
                        .setInferenceCount(9)
                        .setExecutionCount(4)
                        .setInferenceStats(InferStatistics.newBuilder()
                                .setSuccess(duration(1))
                                .setFail(duration(2))
                                .setQueue(duration(3))
                                .setComputeInput(duration(4))
                                .setComputeInfer(duration(5))
                                .setComputeOutput(duration(6))
                                .setCacheHit(duration(7))
                                .setCacheMiss(duration(8)))
                        .addBatchStats(InferBatchStatistics.newBuilder()
                                .setBatchSize(2)
                                .setComputeInput(duration(11))
                                .setComputeInfer(duration(12))
                                .setComputeOutput(duration(13)))
                        .build());
        assertThat(text(heads.get(), "presage-replicas-asked")).isEqualTo("1");
        assertThat(text(heads.get(), "presage-replicas-answered")).isEqualTo("1");
    }

    private static @Nullable String text(@Nullable Metadata metadata, String name) {
        return metadata == null ? null : metadata.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
    }

    @Test
    void statistics_ofAllModels_orOfNoneThatIsThere() {
        worker.does(exchange -> FakeWorker.answer(exchange, 200, "{\"model_stats\":[]}"));
        client.call(GrpcClient.STATISTICS, ModelStatisticsRequest.getDefaultInstance());
        assertThat(worker.seen.getFirst().path()).isEqualTo("/v2/models/stats");
        for (var wrong : Map.of(
                        ModelStatisticsRequest.newBuilder().setName("none"), Status.Code.NOT_FOUND,
                        ModelStatisticsRequest.newBuilder().setVersion("1"), Status.Code.INVALID_ARGUMENT,
                        ModelStatisticsRequest.newBuilder().setName("a/b"), Status.Code.NOT_FOUND)
                .entrySet()) {
            assertThat(refused(GrpcClient.STATISTICS, wrong.getKey().build())
                            .getStatus()
                            .getCode())
                    .isEqualTo(wrong.getValue());
        }
        worker.refuses(500, "INTERNAL");
        var failed = refused(
                GrpcClient.STATISTICS,
                ModelStatisticsRequest.newBuilder().setName("fraud").build());
        assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        var none = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> client.call(
                        client.withoutKey(),
                        CallOptions.DEFAULT,
                        GrpcClient.STATISTICS,
                        ModelStatisticsRequest.getDefaultInstance()));
        assertThat(none.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    }

    @Test
    void health_isOpen() {
        assertThat(client.call(
                                client.withoutKey(),
                                CallOptions.DEFAULT,
                                GrpcClient.HEALTH,
                                HealthCheckRequest.getDefaultInstance())
                        .getStatus())
                .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
        assertThat(refused(
                                GrpcClient.HEALTH,
                                HealthCheckRequest.newBuilder().setService("x").build())
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
        var watched = ClientCalls.blockingServerStreamingCall(
                client.withoutKey(), GrpcClient.WATCH, CallOptions.DEFAULT, HealthCheckRequest.getDefaultInstance());
        assertThat(watched.next().getStatus()).isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
    }

    /// Answers as they come; the end is a status.
    private static final class Heard<A> implements StreamObserver<A> {
        private final LinkedBlockingQueue<A> answers = new LinkedBlockingQueue<>();
        private final LinkedBlockingQueue<Status> end = new LinkedBlockingQueue<>();

        @Override
        public void onNext(A answer) {
            answers.add(answer);
        }

        @Override
        public void onError(Throwable cause) {
            end.add(Status.fromThrowable(cause));
        }

        @Override
        public void onCompleted() {
            end.add(Status.OK);
        }

        private List<A> next(int count) throws InterruptedException {
            List<A> heard = new ArrayList<>();
            while (heard.size() < count) {
                A answer = answers.poll(10, TimeUnit.SECONDS);
                assertThat(answer).as("answer %s of %s", heard.size(), count).isNotNull();
                heard.add(answer);
            }
            return heard;
        }
    }

    @Test
    void streamOfCalls_isAnsweredInOrder_andGoesOnAfterAnError() throws Exception {
        var heard = new Heard<ModelStreamInferResponse>();
        var calls = client.stream(GrpcClient.STREAM_INFER, heard);
        for (int i = 0; i < 50; i++) {
            calls.onNext(request().build());
        }
        calls.onNext(request().setModelName("none").setId("eight").build());
        calls.onNext(rawRequest(new byte[300_000]).build());
        calls.onCompleted();

        var answers = heard.next(52);
        assertThat(answers.subList(0, 50))
                .allMatch(answer -> answer.getErrorMessage().isEmpty());
        assertThat(answers.get(50).getErrorMessage()).contains("no model none");
        assertThat(answers.get(50).getInferResponse().getId()).isEqualTo("eight");
        assertThat(answers.get(51).getInferResponse().getRawOutputContentsCount())
                .isEqualTo(2);
        assertThat(heard.end.poll(10, TimeUnit.SECONDS)).isEqualTo(Status.OK);
        assertThat(worker.seen.stream().map(seen -> seen.header(Headers.REQUEST_ID)))
                .doesNotHaveDuplicates();
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void tooLargeAMessageInAStream_endsIt() throws Exception {
        var heard = new Heard<ModelStreamInferResponse>();
        var calls = client.stream(GrpcClient.STREAM_INFER, heard);
        calls.onNext(rawRequest(new byte[2_000_000]).build());
        var end = heard.end.poll(10, TimeUnit.SECONDS);
        assertThat(end).isNotNull();
        assertThat(end.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void reflection_listsAndDescribesTheServices() throws Exception {
        var heard = new Heard<ServerReflectionResponse>();
        var asked = client.stream(GrpcClient.REFLECTION, heard);
        asked.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        asked.onNext(ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol("inference.GRPCInferenceService")
                .build());
        asked.onNext(
                ServerReflectionRequest.newBuilder().setFileByFilename("none").build());
        asked.onNext(ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol("inference.DataType")
                .build());
        asked.onCompleted();
        var answers = heard.next(4);
        assertThat(answers.get(0).getListServicesResponse().getServiceList())
                .extracting(service -> service.getName())
                .containsExactly(
                        "grpc.health.v1.Health",
                        "grpc.reflection.v1.ServerReflection",
                        "inference.GRPCInferenceService");
        assertThat(answers.get(1).getFileDescriptorResponse().getFileDescriptorProto(0))
                .isEqualTo(ModelInferRequest.getDescriptor().getFile().toProto().toByteString());
        assertThat(answers.get(2).getErrorResponse().getErrorCode()).isEqualTo(Status.Code.NOT_FOUND.value());
        assertThat(answers.get(3).getFileDescriptorResponse())
                .isEqualTo(answers.get(1).getFileDescriptorResponse());
    }
}
