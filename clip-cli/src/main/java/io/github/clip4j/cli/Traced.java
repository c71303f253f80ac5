package io.github.clip4j.cli;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.model.Probe;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// One forward pass of a tower with all its stages, under the names that the modules of transformers have, with the batch of one first.
///
/// @param stages as hooks on the modules of transformers give them
/// @param lens the output that the tower would give if its blocks ended there: row 0 before the first block, row i after block i − 1,
///     `[layers + 1, p]` ("logit lens"). The last is the output itself
/// @param output not of unit length, `[p]`
@SuppressWarnings("ArrayRecordComponent") // never compared
record Traced(Map<String, Tensor> stages, float[][] lens, float[] output) {
    /// A tower with its input.
    @FunctionalInterface
    interface Tower {
        /// {@return the output, `[1, p]`}
        Tensor trace(Probe probe);
    }

    private static final String HEADS = ".self_attn";
    private static final String MLP = ".mlp";

    /// @param prefix `vision_model` or `text_model`
    /// @param withLens whether the lens is asked for: it takes a forward for each layer
    static Traced of(Tower tower, String prefix, int layers, Edits edits, boolean withLens) {
        Map<String, Tensor> seen = new LinkedHashMap<>();
        Tensor output = tower.trace(new Probe() {
            @Override
            public void see(String name, Tensor value) {
                seen.put(name, value);
            }

            @Override
            public void edit(String name, Tensor value) {
                edits.apply(name, value);
            }
        });
        float[][] lens = new float[withLens ? layers + 1 : 0][];
        String blocks = prefix + ".encoder.layers.";
        for (int i = 0; i < lens.length; i++) {
            Tensor residual = Objects.requireNonNull(i == 0 ? firstResidual(seen, prefix) : seen.get(blocks + (i - 1)));
            lens[i] = i == layers ? output.toArray() : read(tower, residual, blocks + (layers - 1));
        }
        return new Traced(named(seen, prefix), lens, output.toArray());
    }

    /// What the first block reads.
    private static Tensor firstResidual(Map<String, Tensor> seen, String prefix) {
        Tensor normed = seen.get(prefix + ".pre_layrnorm");
        return normed != null ? normed : Objects.requireNonNull(seen.get(prefix + ".embeddings"));
    }

    /// The output for a residual stream: it takes the last block's place.
    private static float[] read(Tower tower, Tensor residual, String last) {
        return tower.trace(new Probe() {
            @Override
            public void see(String name, Tensor value) {}

            @Override
            public void edit(String name, Tensor value) {
                if (name.equals(last)) {
                    for (int row = 0; row < value.rows(); row++) {
                        System.arraycopy(residual.array(), residual.rowOffset(row), value.array(), value.rowOffset(row), value.width());
                    }
                }
            }
        }).toArray();
    }

    /// A probe calls the heads' outputs `….self_attn` and the activations `….mlp`. In transformers these modules end with their output
    /// projections, so here the names are for that, and the parts are `….self_attn.heads` and `….mlp.activation_fn`.
    private static Map<String, Tensor> named(Map<String, Tensor> seen, String prefix) {
        Map<String, Tensor> stages = new LinkedHashMap<>();
        seen.forEach((name, value) -> {
            if (name.equals(prefix + ".embeddings.patch_embedding")) {
                stages.put(name, channelsFirst(value));
                return;
            }
            boolean pooled = !name.startsWith(prefix + ".") || name.equals(prefix + ".head")
                    || (name.equals(prefix + ".post_layernorm") && value.rows() == 1);
            Shape shape = value.shape();
            Tensor batched = Tensor.of(value.toArray(), pooled ? shape : batchOf(shape));
            boolean part = name.endsWith(HEADS) || name.endsWith(MLP);
            stages.put(part ? name + (name.endsWith(MLP) ? ".activation_fn" : ".heads") : name, batched);
            if (name.endsWith(HEADS + ".out_proj") || name.endsWith(MLP + ".fc2")) {
                stages.put(name.substring(0, name.lastIndexOf('.')), batched);
            }
        });
        return stages;
    }

    private static Shape batchOf(Shape shape) {
        int[] dims = new int[shape.rank() + 1];
        dims[0] = 1;
        System.arraycopy(shape.toArray(), 0, dims, 1, shape.rank());
        return Shape.of(dims);
    }

    /// Patches as a convolution gives them, `[1, d, rows, columns]`.
    private static Tensor channelsFirst(Tensor patches) {
        int grid = (int) Math.round(Math.sqrt(patches.rows()));
        Tensor turned = Tensor.zeros(1, patches.width(), grid, grid);
        for (int row = 0; row < patches.rows(); row++) {
            for (int channel = 0; channel < patches.width(); channel++) {
                turned.array()[channel * patches.rows() + row] = patches.array()[patches.rowOffset(row) + channel];
            }
        }
        return turned;
    }
}
