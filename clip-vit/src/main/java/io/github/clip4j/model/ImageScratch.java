package io.github.clip4j.model;

import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.nn.FirstRows;
import io.github.clip4j.nn.PatchEmbedding;
import io.github.clip4j.nn.ScratchPool;
import io.github.clip4j.nn.Sequences;
import io.github.clip4j.nn.Workspace;
import java.util.Arrays;

/// The scratch of one forward pass of images.
final class ImageScratch implements ScratchPool.Sized {
    private final Workspace ws;
    private final PatchEmbedding.Scratch patches;
    private final FirstRows outputs; // [images, outputDim]
    private Sequences sequences;

    ImageScratch(VisionConfig config, PatchEmbedding embedding, int images, Workers workers) {
        TransformerConfig t = config.transformer();
        int tokens = config.tokens();
        this.ws = new Workspace(
                images * tokens, images, tokens, t.width(), t.heads(), t.mlpWidth(), embedding.productScratch(images), workers);
        this.patches = embedding.scratch(images);
        this.outputs = new FirstRows(images, config.outputDim(), config.outputDim());
        this.sequences = layOut(images, tokens);
    }

    Workspace ws() {
        return ws;
    }

    PatchEmbedding.Scratch patches() {
        return patches;
    }

    FirstRows outputs() {
        return outputs;
    }

    @Override
    public long bytes() {
        return ws.bytes() + patches.bytes() + outputs.bytes();
    }

    Sequences sequences(int images, int tokens) {
        if (sequences.count() != images) {
            sequences = layOut(images, tokens);
        }
        return sequences;
    }

    private static Sequences layOut(int images, int tokens) {
        int[] lengths = new int[images];
        Arrays.fill(lengths, tokens);
        return Sequences.of(lengths, new int[images]); // pooled at position 0, the class token, if there is one
    }
}
