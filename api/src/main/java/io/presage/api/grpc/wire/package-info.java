/// The messages of `src/main/protobuf`, generated. Nothing in them is null.
@NullMarked
package io.presage.api.grpc.wire;

import org.jspecify.annotations.NullMarked;
