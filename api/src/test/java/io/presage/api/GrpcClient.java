package io.presage.api;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.presage.api.grpc.wire.HealthCheckRequest;
import io.presage.api.grpc.wire.HealthCheckResponse;
import io.presage.api.grpc.wire.ModelConfigRequest;
import io.presage.api.grpc.wire.ModelConfigResponse;
import io.presage.api.grpc.wire.ModelInferRequest;
import io.presage.api.grpc.wire.ModelInferResponse;
import io.presage.api.grpc.wire.ModelMetadataRequest;
import io.presage.api.grpc.wire.ModelMetadataResponse;
import io.presage.api.grpc.wire.ModelReadyRequest;
import io.presage.api.grpc.wire.ModelReadyResponse;
import io.presage.api.grpc.wire.ModelStatisticsRequest;
import io.presage.api.grpc.wire.ModelStatisticsResponse;
import io.presage.api.grpc.wire.ModelStreamInferResponse;
import io.presage.api.grpc.wire.RepositoryIndexRequest;
import io.presage.api.grpc.wire.RepositoryIndexResponse;
import io.presage.api.grpc.wire.ServerLiveRequest;
import io.presage.api.grpc.wire.ServerLiveResponse;
import io.presage.api.grpc.wire.ServerMetadataRequest;
import io.presage.api.grpc.wire.ServerMetadataResponse;
import io.presage.api.grpc.wire.ServerReadyRequest;
import io.presage.api.grpc.wire.ServerReadyResponse;
import io.presage.api.grpc.wire.ServerReflectionRequest;
import io.presage.api.grpc.wire.ServerReflectionResponse;
import java.util.function.UnaryOperator;

/// A grpc-java client, as a user has it.
final class GrpcClient implements AutoCloseable {
    static final MethodDescriptor<ModelInferRequest, ModelInferResponse> INFER = inference(
            "ModelInfer",
            MethodDescriptor.MethodType.UNARY,
            ModelInferRequest.getDefaultInstance(),
            ModelInferResponse.getDefaultInstance());
    static final MethodDescriptor<ModelInferRequest, ModelStreamInferResponse> STREAM_INFER = inference(
            "ModelStreamInfer",
            MethodDescriptor.MethodType.BIDI_STREAMING,
            ModelInferRequest.getDefaultInstance(),
            ModelStreamInferResponse.getDefaultInstance());
    static final MethodDescriptor<ServerLiveRequest, ServerLiveResponse> LIVE = inference(
            "ServerLive",
            MethodDescriptor.MethodType.UNARY,
            ServerLiveRequest.getDefaultInstance(),
            ServerLiveResponse.getDefaultInstance());
    static final MethodDescriptor<ServerReadyRequest, ServerReadyResponse> READY = inference(
            "ServerReady",
            MethodDescriptor.MethodType.UNARY,
            ServerReadyRequest.getDefaultInstance(),
            ServerReadyResponse.getDefaultInstance());
    static final MethodDescriptor<ServerMetadataRequest, ServerMetadataResponse> SERVER = inference(
            "ServerMetadata",
            MethodDescriptor.MethodType.UNARY,
            ServerMetadataRequest.getDefaultInstance(),
            ServerMetadataResponse.getDefaultInstance());
    static final MethodDescriptor<ModelReadyRequest, ModelReadyResponse> MODEL_READY = inference(
            "ModelReady",
            MethodDescriptor.MethodType.UNARY,
            ModelReadyRequest.getDefaultInstance(),
            ModelReadyResponse.getDefaultInstance());
    static final MethodDescriptor<ModelMetadataRequest, ModelMetadataResponse> MODEL = inference(
            "ModelMetadata",
            MethodDescriptor.MethodType.UNARY,
            ModelMetadataRequest.getDefaultInstance(),
            ModelMetadataResponse.getDefaultInstance());
    static final MethodDescriptor<ModelConfigRequest, ModelConfigResponse> CONFIG = inference(
            "ModelConfig",
            MethodDescriptor.MethodType.UNARY,
            ModelConfigRequest.getDefaultInstance(),
            ModelConfigResponse.getDefaultInstance());
    static final MethodDescriptor<ModelStatisticsRequest, ModelStatisticsResponse> STATISTICS = inference(
            "ModelStatistics",
            MethodDescriptor.MethodType.UNARY,
            ModelStatisticsRequest.getDefaultInstance(),
            ModelStatisticsResponse.getDefaultInstance());
    static final MethodDescriptor<RepositoryIndexRequest, RepositoryIndexResponse> INDEX = inference(
            "RepositoryIndex",
            MethodDescriptor.MethodType.UNARY,
            RepositoryIndexRequest.getDefaultInstance(),
            RepositoryIndexResponse.getDefaultInstance());
    static final MethodDescriptor<HealthCheckRequest, HealthCheckResponse> HEALTH = method(
            "grpc.health.v1.Health/Check",
            MethodDescriptor.MethodType.UNARY,
            HealthCheckRequest.getDefaultInstance(),
            HealthCheckResponse.getDefaultInstance());
    static final MethodDescriptor<HealthCheckRequest, HealthCheckResponse> WATCH = method(
            "grpc.health.v1.Health/Watch",
            MethodDescriptor.MethodType.SERVER_STREAMING,
            HealthCheckRequest.getDefaultInstance(),
            HealthCheckResponse.getDefaultInstance());
    static final MethodDescriptor<ServerReflectionRequest, ServerReflectionResponse> REFLECTION = method(
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            MethodDescriptor.MethodType.BIDI_STREAMING,
            ServerReflectionRequest.getDefaultInstance(),
            ServerReflectionResponse.getDefaultInstance());

    private final ManagedChannel channel;
    private final Channel withKey;

    GrpcClient(int port) {
        this(port, NettyChannelBuilder::usePlaintext);
    }

    GrpcClient(int port, UnaryOperator<NettyChannelBuilder> settings) {
        channel = settings.apply(
                        NettyChannelBuilder.forAddress("127.0.0.1", port).maxInboundMessageSize(64 << 20))
                .build();
        withKey = with("authorization", "Bearer " + Gateway.KEY);
    }

    private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> inference(
            String name, MethodDescriptor.MethodType type, Q request, A response) {
        return method("inference.GRPCInferenceService/" + name, type, request, response);
    }

    static <Q extends Message, A extends Message> MethodDescriptor<Q, A> method(
            String name, MethodDescriptor.MethodType type, Q request, A response) {
        return MethodDescriptor.<Q, A>newBuilder()
                .setFullMethodName(name)
                .setType(type)
                .setRequestMarshaller(ProtoUtils.marshaller(request))
                .setResponseMarshaller(ProtoUtils.marshaller(response))
                .build();
    }

    Channel withoutKey() {
        return channel;
    }

    Channel withKey() {
        return withKey;
    }

    /// The channel with more metadata; names and values in turn.
    Channel with(String... pairs) {
        var metadata = new Metadata();
        for (int i = 0; i < pairs.length; i += 2) {
            metadata.put(Metadata.Key.of(pairs[i], Metadata.ASCII_STRING_MARSHALLER), pairs[i + 1]);
        }
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    <Q, A> A call(MethodDescriptor<Q, A> method, Q request) {
        return call(withKey, CallOptions.DEFAULT, method, request);
    }

    <Q, A> A call(Channel through, CallOptions options, MethodDescriptor<Q, A> method, Q request) {
        return ClientCalls.blockingUnaryCall(through, method, options, request);
    }

    <Q, A> StreamObserver<Q> stream(MethodDescriptor<Q, A> method, StreamObserver<A> answers) {
        return ClientCalls.asyncBidiStreamingCall(withKey.newCall(method, CallOptions.DEFAULT), answers);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
