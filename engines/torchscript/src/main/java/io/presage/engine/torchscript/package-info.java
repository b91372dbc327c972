/// The TorchScript pack: PyTorch's own libraries through DJL. A TorchScript archive holds code, so the worker
/// runs this
/// engine only where the operator allows it, by default in a process of its own.
@NullMarked
package io.presage.engine.torchscript;

import org.jspecify.annotations.NullMarked;
