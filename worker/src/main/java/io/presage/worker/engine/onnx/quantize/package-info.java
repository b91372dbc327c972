/// Makes int8 siblings of ONNX models: dynamic quantisation of constant FP32 weights, file to file. Knows
/// onnx.proto's field numbers and nothing of runtimes. Called by derivation threads; memory is bounded by one
/// row of scales a weight, for weights are read from and written through mapped files.
@NullMarked
package io.presage.worker.engine.onnx.quantize;

import org.jspecify.annotations.NullMarked;
