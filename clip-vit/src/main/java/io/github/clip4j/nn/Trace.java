package io.github.clip4j.nn;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.AttentionWeights;
import io.github.clip4j.core.parallel.Workers;
import java.util.function.BiConsumer;

/// Shows a witness what the layers of one pass make, each result under the name of the module of a Hugging Face checkpoint that makes it.
///
/// The witness gets copies: layers reuse their tensors. An editor gets the tensors that the pass goes on with.
public final class Trace {
    private final BiConsumer<String, Tensor> editor;
    private final BiConsumer<String, Tensor> witness;
    private final Workers workers;

    /// @param editor may overwrite a result before the pass goes on with it
    /// @param witness is told each result, as the editor has left it
    /// @param workers the threads that compute what the forward pass does not hold
    public Trace(BiConsumer<String, Tensor> editor, BiConsumer<String, Tensor> witness, Workers workers) {
        this.editor = editor;
        this.witness = witness;
        this.workers = workers;
    }

    /// A result that the pass goes on with.
    void edit(String name, Tensor x) {
        editor.accept(name, x);
        see(name, x);
    }

    /// A result that is only looked at.
    void see(String name, Tensor x) {
        witness.accept(name, Tensor.of(x.toArray(), x.shape()));
    }

    /// The weights of an attention, `[heads, n, n]`. The forward pass never holds them: it computes them tile by tile.
    ///
    /// @param qkv `[n, 3·d]`, of one sequence
    void seeAttentionWeights(String name, Tensor qkv, int heads, boolean causal) {
        witness.accept(name, AttentionWeights.of(qkv, heads, causal, workers));
    }
}
