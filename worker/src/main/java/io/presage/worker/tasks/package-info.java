/// Task adapters: between what clients send (text, pictures, sound, tensors) and what models take. Pure apart
/// from the tokenizer's native code; adapters hold no state of a call. The one place outside `worker.engine`
/// that may see `ai.djl` (tokenizers).
@NullMarked
package io.presage.worker.tasks;

import org.jspecify.annotations.NullMarked;
