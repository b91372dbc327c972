package io.presage.api.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.presage.api.grpc.wire.HealthCheckRequest;
import io.presage.api.grpc.wire.ModelInferRequest;
import io.presage.api.grpc.wire.ServerReflectionRequest;
import java.util.List;
import java.util.Optional;

/// What the services look like, for reflection. Constants; any thread.
final class Descriptors {
    private static final List<FileDescriptor> FILES = List.of(
            HealthCheckRequest.getDescriptor().getFile(),
            ServerReflectionRequest.getDescriptor().getFile(),
            ModelInferRequest.getDescriptor().getFile());

    static List<String> services() {
        return FILES.stream()
                .flatMap(file -> file.getServices().stream())
                .map(service -> service.getFullName())
                .toList();
    }

    /// A `FileDescriptorProto`; none of the files imports another.
    static Optional<ByteString> file(String name) {
        return FILES.stream()
                .filter(file -> file.getName().equals(name))
                .map(file -> file.toProto().toByteString())
                .findFirst();
    }

    /// The file with the service, method or message of this full name.
    static Optional<ByteString> containing(String symbol) {
        return FILES.stream()
                .filter(file -> has(file, symbol))
                .map(file -> file.toProto().toByteString())
                .findFirst();
    }

    private static boolean has(FileDescriptor file, String symbol) {
        return file.getServices().stream()
                        .anyMatch(service -> service.getFullName().equals(symbol)
                                || service.getMethods().stream()
                                        .anyMatch(method -> method.getFullName().equals(symbol)))
                || file.getMessageTypes().stream().anyMatch(message -> has(message, symbol))
                || file.getEnumTypes().stream()
                        .anyMatch(choice -> choice.getFullName().equals(symbol));
    }

    private static boolean has(Descriptor message, String symbol) {
        return message.getFullName().equals(symbol)
                || message.getNestedTypes().stream().anyMatch(nested -> has(nested, symbol))
                || message.getEnumTypes().stream()
                        .anyMatch(choice -> choice.getFullName().equals(symbol));
    }

    private Descriptors() {}
}
