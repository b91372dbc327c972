package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.presage.api.grpc.wire.HealthCheckRequest;
import io.presage.api.grpc.wire.HealthCheckResponse;
import io.presage.api.grpc.wire.ModelMetadataRequest;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrpcStopTest {
    @Test
    void gracefulStop_endsWatches_andLetsCallsFinish(@TempDir Path data) throws Exception {
        var arrived = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        try (var registry = new FakeRegistry();
                var worker = new FakeWorker("w1")) {
            worker.does(exchange -> {
                arrived.countDown();
                release.await();
                FakeWorker.answer(exchange, 200, "{\"name\":\"fraud\"}");
            });
            registry.publish(Gateway.table(1, "fraud", 1, worker));
            var gateway = new Gateway(registry.port(), data).awaitRevision(1);
            try (var client = new GrpcClient(gateway.port())) {
                var watched = ClientCalls.blockingServerStreamingCall(
                        client.withoutKey(),
                        GrpcClient.WATCH,
                        CallOptions.DEFAULT,
                        HealthCheckRequest.getDefaultInstance());
                assertThat(watched.next().getStatus()).isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
                var call = ClientCalls.futureUnaryCall(
                        client.withKey().newCall(GrpcClient.MODEL, CallOptions.DEFAULT),
                        ModelMetadataRequest.newBuilder().setName("fraud").build());
                assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();

                var stop = Thread.ofVirtual().start(gateway::close);
                assertThat(watched.next().getStatus()).isEqualTo(HealthCheckResponse.ServingStatus.NOT_SERVING);
                var end = catchThrowableOfType(StatusRuntimeException.class, watched::hasNext);
                assertThat(end.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                release.countDown();

                assertThat(call.get(10, TimeUnit.SECONDS).getName()).isEqualTo("fraud");
                stop.join();
            } finally {
                release.countDown();
            }
        }
    }
}
