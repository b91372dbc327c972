/// OIP over gRPC on the public port: `inference.GRPCInferenceService`, health and reflection. gRPC's framing is
/// written here, over the HTTP/2 streams of the port; predict calls take the same path as those of REST, as OIP's
/// binary form. Called by [io.presage.api.http] with each exchange, on its connection's event loop; never blocks.
@NullMarked
package io.presage.api.grpc;

import org.jspecify.annotations.NullMarked;
