package io.presage.e2e.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.presage.api.grpc.wire.ModelInferRequest;
import io.presage.api.grpc.wire.ModelInferResponse;
import io.presage.api.grpc.wire.ModelMetadataRequest;
import io.presage.api.grpc.wire.ModelMetadataResponse;
import io.presage.api.grpc.wire.ModelReadyRequest;
import io.presage.api.grpc.wire.ModelReadyResponse;
import io.presage.e2e.cluster.Cluster;
import io.presage.e2e.cluster.TestModels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A grpc-java client at the gateway's address, and a real worker behind it.
class GrpcIT {
    @TempDir
    static Path folder;

    private static Cluster cluster;
    private static ManagedChannel connection;
    private static Channel channel;
    private static int version;

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start("grpc", folder, 1);
        version = cluster.publish("sum", TestModels.plus(100));
        cluster.promote("sum", version, 10_000);
        cluster.awaitAnswer("sum", version);
        connection = NettyChannelBuilder.forAddress("127.0.0.1", cluster.gatewayPort())
                .usePlaintext()
                .build();
        var key = new Metadata();
        key.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + cluster.adminKey());
        channel = ClientInterceptors.intercept(connection, MetadataUtils.newAttachHeadersInterceptor(key));
    }

    @AfterAll
    static void stop() throws Exception {
        connection.shutdownNow();
        cluster.close();
    }

    private static <Q extends Message, A extends Message> A call(String method, Q request, A answer) {
        var descriptor = MethodDescriptor.<Q, A>newBuilder()
                .setFullMethodName("inference.GRPCInferenceService/" + method)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setRequestMarshaller(ProtoUtils.marshaller(request))
                .setResponseMarshaller(ProtoUtils.marshaller(answer))
                .build();
        return ClientCalls.blockingUnaryCall(
                channel, descriptor, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS), request);
    }

    private static ModelInferResponse infer(ModelInferRequest.Builder request) {
        return call("ModelInfer", request.build(), ModelInferResponse.getDefaultInstance());
    }

    private static ModelInferRequest.Builder request() {
        var request = ModelInferRequest.newBuilder().setModelName("sum").setId("mine");
        request.addInputsBuilder().setName("x").setDatatype("FP32").addShape(1).addShape(4);
        return request;
    }

    private static void assertIsTheSum(ModelInferResponse answer) {
        assertThat(answer.getId()).isEqualTo("mine");
        assertThat(answer.getModelVersion()).isEqualTo(Integer.toString(version));
        assertThat(answer.getOutputs(0).getDatatype()).isEqualTo("FP32");
        assertThat(answer.getOutputs(0).getShapeList()).containsExactly(1L, 4L);
        var sums = answer.getRawOutputContents(0).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        assertThat(new float[] {sums.getFloat(), sums.getFloat(), sums.getFloat(), sums.getFloat()})
                .containsExactly(101f, 102f, 103f, 104f);
    }

    @Test
    void typedAndRawContents_areAnsweredAlike() {
        var typed = request();
        typed.getInputsBuilder(0)
                .getContentsBuilder()
                .addFp32Contents(1)
                .addFp32Contents(2)
                .addFp32Contents(3)
                .addFp32Contents(4);
        assertIsTheSum(infer(typed));

        var floats = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        floats.putFloat(1).putFloat(2).putFloat(3).putFloat(4).flip();
        assertIsTheSum(infer(request().addRawInputContents(ByteString.copyFrom(floats))));
    }

    @Test
    void whatDoesNotFitTheModel_isTheCallersFault() {
        var wrong = request().addRawInputContents(ByteString.copyFrom(new byte[15]));
        var refused = catchThrowableOfType(StatusRuntimeException.class, () -> infer(wrong));
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused.getStatus().getDescription()).contains("'x'");
    }

    @Test
    void model_tellsAboutItself() {
        var model = call(
                "ModelMetadata",
                ModelMetadataRequest.newBuilder().setName("sum").build(),
                ModelMetadataResponse.getDefaultInstance());
        assertThat(model.getInputs(0).getName()).isEqualTo("x");
        assertThat(model.getInputs(0).getDatatype()).isEqualTo("FP32");
        assertThat(call(
                                "ModelReady",
                                ModelReadyRequest.newBuilder().setName("sum").build(),
                                ModelReadyResponse.getDefaultInstance())
                        .getReady())
                .isTrue();
    }
}
