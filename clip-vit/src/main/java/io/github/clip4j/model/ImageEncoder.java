package io.github.clip4j.model;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.nn.FirstRows;
import io.github.clip4j.nn.LayerNormLayer;
import io.github.clip4j.nn.Linear;
import io.github.clip4j.nn.ParameterReader;
import io.github.clip4j.nn.PatchEmbedding;
import io.github.clip4j.nn.ScratchPool;
import io.github.clip4j.nn.Sequences;
import io.github.clip4j.nn.Transformer;
import io.github.clip4j.nn.Workspace;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The vision tower: pictures to vectors (openai/CLIP `model.py`, class `VisionTransformer`). Immutable and thread-safe.
public final class ImageEncoder {
    /// Images of one forward pass on one thread: some 400 rows at 50 tokens, enough to read each weight rarely and to keep scratch small.
    private static final int MAX_ROWS = 400;

    private final VisionConfig config;
    private final Workers workers;
    private final PatchEmbedding patchEmbedding;
    private final LayerNormLayer preNorm;
    private final Transformer transformer;
    private final LayerNormLayer postNorm;
    private final @Nullable Linear projection;
    private final ScratchPool<Scratch> serialScratch; // of passes on one thread each
    private final ScratchPool<Scratch> teamScratch = new ScratchPool<>(1); // of a pass that all threads compute together
    private final long weightBytes;

    /// Reads the tower's parameters.
    ///
    /// @param source holds them, as [ClipParameters#check] has found
    ImageEncoder(VisionConfig config, WeightSource source, DType storage, Workers workers) throws IOException {
        this.config = config;
        this.workers = workers;
        this.serialScratch = new ScratchPool<>(workers.threads());
        ParameterReader parameters = new ParameterReader(source, storage);
        TransformerConfig t = config.transformer();
        this.patchEmbedding = new PatchEmbedding(
                parameters, ClipParameters.CLASS_EMBEDDING, ClipParameters.PATCH_EMBEDDING, ClipParameters.VISION_POSITIONS,
                VisionConfig.CHANNELS, config.patchSize(), config.grid(), t.width());
        this.preNorm = parameters.layerNorm(ClipParameters.PRE_NORM, t.layerNormEpsilon());
        this.transformer = new Transformer(
                parameters, IntStream.range(0, t.layers()).mapToObj(i -> ClipParameters.block(ClipParameters.VISION, i)).toList(), t.width(),
                t.heads(), t.mlpWidth(), t.activation(), t.layerNormEpsilon(), false);
        this.postNorm = parameters.layerNorm(ClipParameters.POST_NORM, t.layerNormEpsilon());
        this.projection = config.projectionDim() == 0
                ? null
                : parameters.linearWithoutBias(ClipParameters.VISUAL_PROJECTION, config.projectionDim(), t.width());
        this.weightBytes = parameters.bytes();
    }

    public VisionConfig config() {
        return config;
    }

    /// The images of a pass that keeps every thread busy with as many as it computes at once. More images take proportionally longer.
    public int imagesPerPass() {
        return workers.threads() * imagesPerThread();
    }

    private int imagesPerThread() {
        return Math.max(1, MAX_ROWS / config.tokens());
    }

    /// The memory that the weights take, in bytes.
    public long weightBytes() {
        return weightBytes;
    }

    /// The memory that the scratch of forward passes takes now, in bytes. Scratch is kept for as many passes as there are threads.
    public long scratchBytes() {
        return serialScratch.bytes() + teamScratch.bytes();
    }

    /// The projected, not yet normalised outputs of a batch, `[b, outputDim]`.
    ///
    /// The result for a picture is the same, to the bit, in every batch and with any number of threads.
    ///
    /// @param pixels preprocessed pictures, `[b, 3, imageSize, imageSize]`
    /// @throws IllegalArgumentException when the pictures have another size
    /// @throws java.util.concurrent.CancellationException when the thread was interrupted; its interrupt status stays set
    public Tensor encode(Tensor pixels) {
        requireImages(pixels.shape());
        Tensor out = Tensor.zeros(pixels.shape().dim(0), config.outputDim());
        encode(pixels, out);
        return out;
    }

    /// The same into a tensor of the caller's. Once a batch of this size has been encoded, one picture, or any number on one thread, allocates nothing.
    ///
    /// @param out `[b, outputDim]`, overwritten
    public void encode(Tensor pixels, Tensor out) {
        requireImages(pixels.shape());
        int batch = pixels.shape().dim(0);
        if (out.rows() != batch || out.width() != config.outputDim()) {
            throw new IllegalArgumentException(
                    "image encoder: expected an output [%d, %d] for %s, got %s".formatted(batch, config.outputDim(), pixels.shape(), out.shape()));
        }
        int threads = workers.threads();
        int spread = threads == 1 ? batch : batch - batch % threads; // whole images a thread; the rest is shared layer by layer
        if (threads == 1) {
            encodeRange(pixels, 0, batch, out, serialScratch, workers.alone());
        } else if (spread > 0) {
            workers.run(worker -> encodeRange(
                    pixels, Workers.share(spread, threads, worker), Workers.share(spread, threads, worker + 1), out, serialScratch,
                    workers.alone()));
        }
        encodeRange(pixels, spread, batch, out, teamScratch, workers);
    }

    private void requireImages(Shape shape) {
        int size = config.imageSize();
        if (shape.rank() != 4 || shape.dim(1) != VisionConfig.CHANNELS || shape.dim(2) != size || shape.dim(3) != size) {
            throw new IllegalArgumentException("image encoder: expected pixels [b, %d, %d, %d], got %s; preprocess pictures for this model first"
                    .formatted(VisionConfig.CHANNELS, size, size, shape));
        }
    }

    private void encodeRange(Tensor pixels, int from, int to, Tensor out, ScratchPool<Scratch> pool, Workers team) {
        int chunk = imagesPerThread();
        for (int first = from; first < to; first += chunk) {
            workers.requireNotInterrupted();
            int images = Math.min(chunk, to - first);
            Scratch scratch = pool.poll();
            if (scratch == null || !scratch.ws.fits(images * config.tokens(), images, config.tokens())) {
                scratch = pool.replace(scratch, new Scratch(config, images, team));
            }
            try {
                forward(pixels, first, images, out, scratch);
            } finally {
                pool.give(scratch);
            }
        }
    }

    /// y = postNorm(transformer(preNorm([class; patches] + positions)))[class] · Pᵀ
    private void forward(Tensor pixels, int first, int images, Tensor out, Scratch scratch) {
        int imageSize = config.imageSize();
        Workspace ws = scratch.ws;
        Sequences sequences = scratch.sequences(images, config.tokens());
        Tensor x = ws.residual(sequences.rows());
        Tensor patches = scratch.patches.get(images * (config.tokens() - 1));
        Tensor embedded = scratch.embedded.get(patches.rows());
        int pixelsOff = pixels.offset() + first * VisionConfig.CHANNELS * imageSize * imageSize;
        patchEmbedding.forward(pixels.array(), pixelsOff, imageSize, patches, embedded, x, ws); // [b·tokens, d]
        preNorm.forward(x, x, ws);
        Tensor outputs = scratch.outputs.get(images);
        Tensor pooled = ws.pooled(images); //                                                      [b, d]
        transformer.forward(x, sequences, pooled, ws);
        if (projection == null) {
            postNorm.forward(pooled, outputs, ws); //                                              [b, d]
        } else {
            postNorm.forward(pooled, pooled, ws);
            projection.forward(pooled, outputs, ws); //                                            [b, projectionDim]
        }
        for (int image = 0; image < images; image++) {
            System.arraycopy(outputs.array(), outputs.rowOffset(image), out.array(), out.rowOffset(first + image), out.width());
        }
    }

    /// The scratch of one forward pass.
    private static final class Scratch implements ScratchPool.Sized {
        private final Workspace ws;
        private final FirstRows patches; //  [images·grid², 3·patchSize²]
        private final FirstRows embedded; // [images·grid², d]
        private final FirstRows outputs; //  [images, outputDim]
        private Sequences sequences;

        Scratch(VisionConfig config, int images, Workers workers) {
            TransformerConfig t = config.transformer();
            int tokens = config.tokens();
            this.ws = new Workspace(images * tokens, images, tokens, t.width(), t.heads(), t.mlpWidth(), config.patchElements(), workers);
            this.patches = new FirstRows(images * (tokens - 1), config.patchElements(), config.patchElements() + 16);
            this.embedded = new FirstRows(images * (tokens - 1), t.width(), t.width());
            this.outputs = new FirstRows(images, config.outputDim(), config.outputDim());
            this.sequences = layOut(images, tokens);
        }

        @Override
        public long bytes() {
            return ws.bytes() + patches.bytes() + embedded.bytes() + outputs.bytes();
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
            return Sequences.of(lengths, new int[images]); // pooled at position 0, the class token
        }
    }
}
