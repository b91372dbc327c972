/// The inference port: Open Inference Protocol over HTTP on event loops. Handlers never block; what takes
/// longer than a row of a tiny model is handed to preparing threads and to the instances' owners. Nothing is
/// logged for a call.
@NullMarked
package io.presage.worker.infer;

import org.jspecify.annotations.NullMarked;
