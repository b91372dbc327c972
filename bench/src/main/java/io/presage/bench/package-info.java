/// What Presage costs beside what it could cost: the shipped services as processes of their own, in-process
/// ONNX Runtime, a bare Netty server and nginx, driven by wrk in turns. `bench/run` starts
/// [io.presage.bench.BenchMain], which writes the report. Nothing here is shipped.
@NullMarked
package io.presage.bench;

import org.jspecify.annotations.NullMarked;
