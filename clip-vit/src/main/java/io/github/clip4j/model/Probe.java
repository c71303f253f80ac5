package io.github.clip4j.model;

import io.github.clip4j.core.Tensor;

/// Sees what an encoder computes on the way, stage by stage, in the order of computation ([ImageEncoder#trace], [TextEncoder#trace]), and
/// may change it.
///
/// Stages have the names of the modules in a Hugging Face checkpoint. With n tokens, d the width, h heads, p the width of an embedding and
/// `…` for `vision_model.encoder.layers.0` and the like:
///
/// | name | what | shape |
/// |---|---|---|
/// | `vision_model.embeddings`, `text_model.embeddings` | what the first norm or block reads | `[n, d]` |
/// | `vision_model.embeddings.patch_embedding` | SigLIP, MobileCLIP-B: the patches before their positions are added | `[n, d]` |
/// | `vision_model.pre_layrnorm` | CLIP: the norm before the blocks | `[n, d]` |
/// | `….layer_norm1` | the norm before the attention | `[n, d]` |
/// | `….self_attn.q_proj`, `….k_proj`, `….v_proj` | queries, keys and values, heads side by side | `[n, d]` |
/// | `….self_attn.weights` | attention weights: head, query, key; each row sums to one | `[h, n, n]` |
/// | `….self_attn` | the weighted means of the values, heads side by side | `[n, d]` |
/// | `….self_attn.out_proj` | what is added to the residual stream | `[n, d]` |
/// | `….layer_norm2` | the norm before the MLP | `[n, d]` |
/// | `….mlp.fc1` | the hidden layer before its activation | `[n, mlpWidth]` |
/// | `….mlp` | after its activation | `[n, mlpWidth]` |
/// | `….mlp.fc2` | what is added to the residual stream | `[n, d]` |
/// | `…` | the block's output: the residual stream | `[n, d]` |
/// | `vision_model.post_layernorm` | the norm of the class token; SigLIP: of all patches | `[1, d]`, `[n, d]` |
/// | `vision_model.head.attention.out_proj` | SigLIP: what the probe found | `[1, d]` |
/// | `vision_model.head.layernorm`, `….mlp.fc1`, `….mlp`, `….mlp.fc2` | SigLIP: the head's norm and MLP, as in a block | `[1, …]` |
/// | `vision_model.head` | SigLIP: the output, not yet of unit length | `[1, d]` |
/// | `text_model.final_layer_norm` | the norm after the blocks | `[n, d]` |
/// | `visual_projection`, `text_projection` | the output, not yet of unit length; absent in a tower without a projection | `[1, p]` |
/// | `text_model.head` | SigLIP: the output, not yet of unit length | `[1, p]` |
@FunctionalInterface
public interface Probe {
    /// Is told one result.
    ///
    /// @param name the stage
    /// @param value a copy, the probe's own
    void see(String name, Tensor value);

    /// May change a result before the encoder goes on with it, to see what comes of it; does nothing unless it is overridden. It is asked
    /// just before [#see], and not for what nothing is computed from: `….weights`, `….out_proj`, `….fc1`, `….fc2` and the projection. A
    /// head's output is changed as its columns of `….self_attn`: head h of h heads has d/h of them.
    ///
    /// ```java
    /// model.trace(pixels, new Probe() {
    ///     public void see(String name, Tensor value) {}
    ///
    ///     public void edit(String name, Tensor value) {
    ///         if (name.equals("vision_model.encoder.layers.3.self_attn")) { // without head 1, counted from 0
    ///             for (int row = 0; row < value.rows(); row++) {
    ///                 int head = value.rowOffset(row) + headDim;
    ///                 Arrays.fill(value.array(), head, head + headDim, 0f);
    ///             }
    ///         }
    ///     }
    /// });
    /// ```
    ///
    /// @param name the stage
    /// @param value the encoder's own, to be overwritten in place while this method runs
    default void edit(String name, Tensor value) {}
}
