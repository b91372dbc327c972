/// The public API: the path from a request's head to its answer. [io.presage.api.infer.PublicApi] dispatches,
/// [io.presage.api.infer.InferPipeline] predicts. Everything here runs on the event loop the connection belongs
/// to.
@NullMarked
package io.presage.api.infer;

import org.jspecify.annotations.NullMarked;
