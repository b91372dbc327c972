package io.presage.api.grpc;

import io.presage.api.grpc.wire.ErrorResponse;
import io.presage.api.grpc.wire.FileDescriptorResponse;
import io.presage.api.grpc.wire.ListServiceResponse;
import io.presage.api.grpc.wire.ServerReflectionRequest;
import io.presage.api.grpc.wire.ServerReflectionResponse;
import io.presage.contract.problem.Problem;
import io.vertx.core.Vertx;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// One `ServerReflectionInfo` call. One event loop.
final class ReflectionStream extends DuplexStream {
    ReflectionStream(Vertx vertx, GrpcApi.Shared shared, GrpcStream stream, @Nullable String encoding) {
        super(vertx, shared, stream, encoding, OptionalLong.empty());
    }

    @Override
    void message(byte[] message) {
        stream().send(answer(Wire.small(message, ServerReflectionRequest.parser())));
        done();
    }

    @Override
    void abandoned() {
        // Each message is answered at once.
    }

    private static ServerReflectionResponse answer(ServerReflectionRequest asked) {
        var answer = ServerReflectionResponse.newBuilder()
                .setValidHost(asked.getHost())
                .setOriginalRequest(asked);
        switch (asked.getMessageRequestCase()) {
            case LIST_SERVICES -> {
                var list = ListServiceResponse.newBuilder();
                Descriptors.services().forEach(name -> list.addServiceBuilder().setName(name));
                answer.setListServicesResponse(list);
            }
            case FILE_BY_FILENAME ->
                Descriptors.file(asked.getFileByFilename())
                        .ifPresentOrElse(
                                file -> answer.setFileDescriptorResponse(
                                        FileDescriptorResponse.newBuilder().addFileDescriptorProto(file)),
                                () -> answer.setErrorResponse(error(Problem.NOT_FOUND, "no such file")));
            case FILE_CONTAINING_SYMBOL ->
                Descriptors.containing(asked.getFileContainingSymbol())
                        .ifPresentOrElse(
                                file -> answer.setFileDescriptorResponse(
                                        FileDescriptorResponse.newBuilder().addFileDescriptorProto(file)),
                                () -> answer.setErrorResponse(error(Problem.NOT_FOUND, "no such symbol")));
            case FILE_CONTAINING_EXTENSION, ALL_EXTENSION_NUMBERS_OF_TYPE, MESSAGEREQUEST_NOT_SET ->
                answer.setErrorResponse(error(Problem.UNSUPPORTED, "there are no extensions (proto3)"));
        }
        return answer.build();
    }

    private static ErrorResponse error(Problem problem, String message) {
        return ErrorResponse.newBuilder()
                .setErrorCode(problem.grpcStatus().number())
                .setErrorMessage(message)
                .build();
    }
}
