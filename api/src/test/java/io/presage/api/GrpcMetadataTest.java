package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.presage.api.grpc.wire.ModelInferRequest;
import io.presage.api.grpc.wire.ModelMetadataRequest;
import io.presage.api.grpc.wire.ModelStatisticsRequest;
import io.presage.api.grpc.wire.ModelStreamInferResponse;
import io.presage.contract.state.Limit;
import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingTable;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What limits say about a call, as a gRPC client meets it. The key may make three calls an hour.
class GrpcMetadataTest {
    private static final ModelInferRequest CALL =
            ModelInferRequest.newBuilder().setModelName("fraud").build();

    private final AtomicReference<Metadata> heads = new AtomicReference<>();
    private final AtomicReference<Metadata> trailers = new AtomicReference<>();
    private FakeRegistry registry;
    private FakeWorker worker;
    private Gateway gateway;
    private GrpcClient client;
    private Channel channel;

    @BeforeEach
    void start(@TempDir Path data) throws Exception {
        registry = new FakeRegistry();
        worker = new FakeWorker("w1").does(exchange -> FakeWorker.answer(exchange, 200, "{\"name\":\"fraud\"}"));
        registry.publish(Gateway.table(
                1,
                List.of(new RoutingTable.Model(
                        "fraud",
                        List.of(new RoutingTable.Target(1, 10_000)),
                        List.of(new RoutingTable.Version(1, List.of("w1"))),
                        Map.of("champion", 1))),
                List.of(Gateway.key(
                        Gateway.KEY, "aaaaaaaaaaaa", Set.of(Role.PREDICT), Set.of(), new Limit(3, 3_600_000))),
                worker));
        gateway = new Gateway(registry.port(), data, "gateway.limits.headers=true").awaitRevision(1);
        client = new GrpcClient(gateway.port());
        channel = ClientInterceptors.intercept(
                client.withKey(), MetadataUtils.newCaptureMetadataInterceptor(heads, trailers));
    }

    @AfterEach
    void stop() {
        client.close();
        gateway.close();
        worker.close();
        registry.close();
    }

    private <Q, A> StatusRuntimeException refused(MethodDescriptor<Q, A> method, Q request) {
        return catchThrowableOfType(
                StatusRuntimeException.class, () -> client.call(channel, CallOptions.DEFAULT, method, request));
    }

    private static @Nullable String of(AtomicReference<Metadata> metadata, String name) {
        var all = metadata.get();
        return all == null ? null : all.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
    }

    @Test
    void answers_tellTheLimit_andRefusalsWhenToComeBack() {
        client.call(channel, CallOptions.DEFAULT, GrpcClient.INFER, CALL);
        assertThat(of(heads, "ratelimit-policy")).isEqualTo("\"key-calls\";q=3;w=3600");
        assertThat(of(heads, "ratelimit")).startsWith("\"key-calls\";r=2;");
        assertThat(of(heads, "presage-model-version")).isEqualTo("1");
        assertThat(of(heads, "x-request-id")).isNotEmpty();

        client.call(
                channel,
                CallOptions.DEFAULT,
                GrpcClient.MODEL,
                ModelMetadataRequest.newBuilder().setName("fraud").build());
        assertThat(of(heads, "ratelimit")).startsWith("\"key-calls\";r=1;");

        var asked = ModelStatisticsRequest.newBuilder().setName("fraud").build();
        assertThat(refused(GrpcClient.STATISTICS, asked).getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(of(trailers, "ratelimit")).startsWith("\"key-calls\";r=0;");

        for (var refused : List.of(refused(GrpcClient.INFER, CALL), refused(GrpcClient.STATISTICS, asked))) {
            assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(of(trailers, "presage-problem")).isEqualTo("RATE_LIMITED");
            assertThat(of(trailers, "ratelimit-policy")).isEqualTo("\"key-calls\";q=3;w=3600");
            assertThat(of(trailers, "ratelimit")).startsWith("\"key-calls\";r=0;");
            assertThat(of(trailers, "x-request-id")).isNotEmpty();
            int seconds = Integer.parseInt(String.valueOf(of(trailers, "retry-after")));
            assertThat(seconds).isBetween(1, 3600);
            assertThat(of(trailers, "grpc-retry-pushback-ms")).isEqualTo(seconds + "000");
        }
    }

    @Test
    void messagesOfAStream_tellWhyTheyFailed_andTheTrailersTheLastLimit() throws Exception {
        var answers = new LinkedBlockingQueue<ModelStreamInferResponse>();
        var end = new LinkedBlockingQueue<Status>();
        var calls = ClientCalls.asyncBidiStreamingCall(
                channel.newCall(GrpcClient.STREAM_INFER, CallOptions.DEFAULT),
                new StreamObserver<ModelStreamInferResponse>() {
                    @Override
                    public void onNext(ModelStreamInferResponse answer) {
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
                });
        for (int i = 0; i < 4; i++) {
            calls.onNext(CALL);
        }
        calls.onCompleted();
        assertThat(end.poll(10, TimeUnit.SECONDS)).isEqualTo(Status.OK);
        assertThat(answers).hasSize(4);
        var last = answers.stream().toList().getLast();
        assertThat(last.getErrorMessage()).contains("the limit is 3 calls");
        var told = last.getInferResponse();
        assertThat(told.getParametersOrThrow("presage_problem").getStringParam())
                .isEqualTo("RATE_LIMITED");
        assertThat(told.getParametersOrThrow("retry_after").getInt64Param()).isBetween(1L, 3600L);
        assertThat(of(trailers, "ratelimit")).startsWith("\"key-calls\";r=0;");
    }
}
