/// The safetensors format: a JSON header that lists tensors, then their bytes. Every rule of the reference implementation is checked
/// before a tensor is read (huggingface/safetensors, `safetensors/src/tensor.rs`, `SafeTensors::read_metadata`). And the
/// index that lists the shards of a checkpoint, which may be files of PyTorch too.
@NullMarked
package io.github.clip4j.core.format.safetensors;

import org.jspecify.annotations.NullMarked;
