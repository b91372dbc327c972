/// Open Inference Protocol v2: tensors, requests, responses, and the codec between them and bytes. No Spring,
/// no Netty. Values are immutable once built, except that a fixed-size tensor's buffer belongs to whoever made
/// it (see [io.presage.contract.infer.Tensor.Fixed]). Readers and writers are for one thread at a time; event
/// loops keep one each. Nothing is boxed: numbers go from text straight into the tensor's own little-endian
/// memory and back.
@NullMarked
package io.presage.contract.infer;

import org.jspecify.annotations.NullMarked;
