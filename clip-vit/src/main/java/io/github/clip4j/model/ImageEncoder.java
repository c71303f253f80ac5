package io.github.clip4j.model;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.nn.AttentionPool;
import io.github.clip4j.nn.Contributions;
import io.github.clip4j.nn.Finite;
import io.github.clip4j.nn.LayerNormLayer;
import io.github.clip4j.nn.ParameterNames;
import io.github.clip4j.nn.ParameterReader;
import io.github.clip4j.nn.PatchEmbedding;
import io.github.clip4j.nn.PatchMean;
import io.github.clip4j.nn.PooledProjection;
import io.github.clip4j.nn.ScratchPool;
import io.github.clip4j.nn.Sequences;
import io.github.clip4j.nn.Trace;
import io.github.clip4j.nn.Transformer;
import io.github.clip4j.nn.Workspace;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The vision tower: images to vectors (openai/CLIP `model.py`, class `VisionTransformer`; transformers `modeling_siglip.py`, class
/// `SiglipVisionModel`). Immutable and thread-safe.
public final class ImageEncoder {
    /// Images of one forward pass on one thread: some 400 rows at 50 tokens, enough to read each weight rarely and to keep scratch small.
    private static final int MAX_ROWS = 400;

    private final VisionConfig config;
    private final Workers workers;
    private final ImageTower tower;
    private final ScratchPool<ImageScratch> serialScratch; // of passes on one thread each
    private final ScratchPool<ImageScratch> teamScratch = new ScratchPool<>(1); // of a pass that all threads compute together
    private final long weightBytes;
    private final Finite finite;

    /// Reads the tower's parameters.
    ///
    /// @param source holds them, as [ClipParameters#check] has found
    ImageEncoder(VisionConfig config, WeightSource source, DType storage, Workers workers) throws IOException {
        this.config = config;
        this.workers = workers;
        this.serialScratch = new ScratchPool<>(workers.threads());
        ParameterReader parameters = new ParameterReader(source, storage);
        this.tower = ImageTower.read(config, parameters);
        this.weightBytes = parameters.bytes();
        this.finite = parameters.finite();
    }

    /// What the constructor reads.
    static Stream<TensorSpec> specs(VisionConfig config) {
        return ImageTower.specs(config);
    }

    /// {@return the extents of this encoder}
    public VisionConfig config() {
        return config;
    }

    /// {@return the images of a pass that keeps every thread busy with as many as it computes at once} More images take proportionally
    /// longer.
    public int imagesPerPass() {
        return workers.threads() * imagesPerThread();
    }

    private int imagesPerThread() {
        return Math.max(1, MAX_ROWS / config.tokens());
    }

    /// {@return why an output of this encoder is not finite: a sentence that names the first weight that is not} It looks at all weights,
    /// so it is for outputs that are NaN or infinite. An image encoder for another image size has resampled position embeddings.
    public String whyNotFinite() {
        return finite.whyNotFinite("image encoder");
    }

    /// {@return the memory that the weights take, in bytes}
    public long weightBytes() {
        return weightBytes;
    }

    /// {@return the memory that the scratch of forward passes takes now, in bytes} Scratch is kept for as many passes as there are threads.
    public long scratchBytes() {
        return serialScratch.bytes() + teamScratch.bytes();
    }

    /// {@return the projected, not yet normalised outputs of a batch, `[b, outputDim]`}
    ///
    /// The result for an image is the same, to the bit, in every batch and with any number of threads.
    ///
    /// @param pixels preprocessed images, `[b, 3, imageSize, imageSize]`
    /// @throws IllegalArgumentException when the images have another size
    /// @throws java.util.concurrent.CancellationException when the thread was interrupted; its interrupt status stays set
    public Tensor encode(Tensor pixels) {
        requireImages(pixels.shape());
        Tensor out = Tensor.zeros(pixels.shape().dim(0), config.outputDim());
        encode(pixels, out);
        return out;
    }

    /// The same into a tensor of the caller's. Once a batch of this size has been encoded, one image, or any number on one thread,
    /// allocates nothing.
    ///
    /// @param pixels preprocessed images, `[b, 3, imageSize, imageSize]`
    /// @param out `[b, outputDim]`, overwritten
    public void encode(Tensor pixels, Tensor out) {
        requireImages(pixels.shape());
        int batch = pixels.shape().dim(0);
        if (out.rows() != batch || out.width() != config.outputDim()) {
            throw new IllegalArgumentException(
                    "image encoder: expected an output [%d, %d] for %s, got %s"
                            .formatted(batch, config.outputDim(), pixels.shape(), out.shape()));
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
            throw new IllegalArgumentException(
                    "image encoder: expected pixels [b, %d, %d, %d], got %s; preprocess images for this model first"
                            .formatted(VisionConfig.CHANNELS, size, size, shape));
        }
    }

    private void requireImage(Shape shape) {
        int size = config.imageSize();
        if (!shape.equals(Shape.of(VisionConfig.CHANNELS, size, size))) {
            throw new IllegalArgumentException(
                    "image encoder: expected the pixels [%d, %d, %d] of one image, got %s; preprocess an image for this model first"
                            .formatted(VisionConfig.CHANNELS, size, size, shape));
        }
    }

    private void encodeRange(Tensor pixels, int from, int to, Tensor out, ScratchPool<ImageScratch> pool, Workers team) {
        int chunk = imagesPerThread();
        for (int first = from; first < to; first += chunk) {
            workers.requireNotInterrupted();
            int images = Math.min(chunk, to - first);
            ImageScratch scratch = pool.poll();
            if (scratch == null || !scratch.ws().fits(images * config.tokens(), images, config.tokens())) {
                scratch = pool.replace(scratch, new ImageScratch(config, tower.patchEmbedding(), images, team));
            }
            try {
                forward(pixels, first, images, out, scratch);
            } finally {
                pool.give(scratch);
            }
        }
    }

    /// y = postNorm(transformer(preNorm([class; patches] + positions)))[class]·Pᵀ, or
    /// y = postNorm(mean(transformer([class; patches] + positions)[patches]))·Pᵀ, or
    /// y = pool(postNorm(transformer(patches + positions)))
    private void forward(Tensor pixels, int first, int images, Tensor out, ImageScratch scratch) {
        int imageSize = config.imageSize();
        Workspace ws = scratch.ws();
        Sequences sequences = scratch.sequences(images, config.tokens());
        Tensor x = ws.residual(sequences.rows());
        int pixelsOff = pixels.offset() + first * VisionConfig.CHANNELS * imageSize * imageSize;
        tower.patchEmbedding().forward(pixels.array(), pixelsOff, imageSize, images, scratch.patches(), x, ws); // [b·tokens, d]
        preNorm(x, ws);
        Tensor outputs = scratch.outputs().get(images); //                                           [b, outputDim]
        switch (tower.head()) {
            case ImageTower.Head.Projected(PooledProjection projection) -> {
                Tensor pooled = ws.pooled(images); //                                              [b, d]
                tower.transformer().forward(x, sequences, pooled, ws);
                projection.forward(pooled, outputs, ws);
            }
            case ImageTower.Head.Averaged(PatchMean mean) -> {
                tower.transformer().forward(x, sequences, ws);
                mean.forward(x, config.tokens(), outputs, ws);
            }
            case ImageTower.Head.Attending(LayerNormLayer norm, AttentionPool pool) -> {
                tower.transformer().forward(x, sequences, ws);
                norm.forward(x, x, ws);
                pool.forward(x, sequences, outputs, ws);
            }
        }
        for (int image = 0; image < images; image++) {
            System.arraycopy(outputs.array(), outputs.rowOffset(image), out.array(), out.rowOffset(first + image), out.width());
        }
    }

    private void preNorm(Tensor x, Workspace ws) {
        LayerNormLayer preNorm = tower.preNorm();
        if (preNorm != null) {
            preNorm.forward(x, x, ws);
        }
    }

    /// Encodes one image and shows `probe` every stage on the way. For study: much slower than [#encode(Tensor)], but its result has the
    /// same bits.
    ///
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @param probe is told of each result
    /// @return `[1, outputDim]`
    /// @throws IllegalArgumentException when the image has another size
    public Tensor trace(Tensor pixels, Probe probe) {
        requireImage(pixels.shape());
        int size = config.imageSize();
        TransformerConfig t = config.transformer();
        int n = config.tokens();
        Sequences sequences = Sequences.of(new int[] {n}, new int[1]);
        Workspace ws = new Workspace(n, 1, n, t.width(), t.heads(), t.mlpWidth(), tower.patchEmbedding().productScratch(1), workers);
        Trace trace = new Trace(probe::edit, probe::see, workers);
        Tensor x = ws.residual(n);
        tower.patchEmbedding().trace(pixels.array(), pixels.offset(), size, x, ws, trace); // [n, d]
        LayerNormLayer preNorm = tower.preNorm();
        if (preNorm != null) {
            preNorm.trace(x, x, ws, trace);
        }
        tower.transformer().trace(x, sequences, ws, trace);
        return switch (tower.head()) { //                                                      [1, outputDim]
            case ImageTower.Head.Projected(PooledProjection projection) -> projection.trace(x.rows(0, 1), 0, ws, trace);
            case ImageTower.Head.Averaged(PatchMean mean) -> mean.trace(x, ws, trace);
            case ImageTower.Head.Attending(LayerNormLayer norm, AttentionPool pool) -> {
                norm.trace(x, x, ws, trace);
                yield pool.trace(x, sequences, ws, trace);
            }
        };
    }

    /// {@return what each patch of an image says by itself, `[grid·grid, outputDim]`: the values of the last block through its output
    /// projection, the last norm and the projection} The last block's attention is left out, so that each row keeps to its own place; the
    /// cosine with a text then tells places apart (MaskCLIP: Zhou, Loy, Dai 2022, arXiv:2112.01071 §3.2). For study, as [#trace].
    ///
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @throws IllegalArgumentException when the image has another size
    /// @throws IllegalStateException for an encoder with attention pooling, as SigLIP's
    public Tensor encodePatches(Tensor pixels) {
        PooledProjection projection = classTokenHead();
        TransformerConfig t = config.transformer();
        String attention = ParameterNames.VISION + "encoder.layers." + (t.layers() - 1) + ".self_attn";
        Map<String, Tensor> seen = new HashMap<>();
        trace(pixels, new Probe() {
            @Override
            public void see(String name, Tensor value) {
                if (name.equals(attention + ".v_proj") || name.equals(attention + ".out_proj")) {
                    seen.put(name, value);
                }
            }

            @Override
            public void edit(String name, Tensor value) {
                if (name.equals(attention)) { // each position reads itself alone
                    Tensor v = Objects.requireNonNull(seen.get(attention + ".v_proj"));
                    for (int row = 0; row < value.rows(); row++) {
                        System.arraycopy(v.array(), v.rowOffset(row), value.array(), value.rowOffset(row), value.width());
                    }
                }
            }
        });
        Tensor read = Objects.requireNonNull(seen.get(attention + ".out_proj")); // [n, d]
        int n = config.tokens();
        Workspace ws = new Workspace(n, 1, n, t.width(), t.heads(), t.mlpWidth(), tower.patchEmbedding().productScratch(1), workers);
        Tensor outputs = Tensor.zeros(n - 1, config.outputDim());
        projection.forward(read.rows(1, n - 1), outputs, ws); //                 [grid·grid, outputDim]
        return outputs;
    }

    /// Encodes one image once and takes the cosine of its embedding with each direction apart, by layer, head and position. For study: the
    /// last block runs at all positions, and memory for one workspace and the values of all layers is taken anew.
    ///
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @param directions of unit length, `[outputDim]` each: embeddings of texts, for instance
    /// @return one for each direction
    /// @throws IllegalArgumentException when the image or a direction has another size
    public List<Decomposition> decompose(Tensor pixels, List<float[]> directions) {
        return decompose(pixels, output -> directions);
    }

    /// The same for directions that depend on the embedding itself: texts may be taken apart along it in the same pass.
    ///
    /// @param pixels a preprocessed image, `[3, imageSize, imageSize]`
    /// @param directions is given the output, `[outputDim]`, not of unit length, and returns directions of unit length, `[outputDim]` each
    /// @return one for each direction
    /// @throws IllegalArgumentException when the image or a direction has another size
    public List<Decomposition> decompose(Tensor pixels, Function<float[], List<float[]>> directions) {
        requireImage(pixels.shape());
        TransformerConfig t = config.transformer();
        int n = config.tokens();
        Sequences sequences = Sequences.of(new int[] {n}, new int[1]);
        Workspace ws = new Workspace(n, 1, n, t.width(), t.heads(), t.mlpWidth(), tower.patchEmbedding().productScratch(1), workers);
        Tensor x = ws.residual(n);
        PatchEmbedding embedding = tower.patchEmbedding();
        embedding.forward(pixels.array(), pixels.offset(), config.imageSize(), 1, embedding.scratch(1), x, ws); // [n, d]
        preNorm(x, ws);
        Tensor output = Tensor.zeros(1, config.outputDim());
        return switch (tower.head()) {
            case ImageTower.Head.Projected(PooledProjection projection) -> {
                Contributions contributions = new Contributions(0);
                tower.transformer().forward(x, sequences, ws, contributions);
                projection.forward(x.rows(0, 1), output, ws); //                                                 [1, outputDim]
                yield directions.apply(output.toArray()).stream()
                        .map(direction -> Decomposition.of(contributions, projection, output, direction)).toList();
            }
            case ImageTower.Head.Averaged _ -> throw new IllegalStateException(
                    "image encoder: expected one that is read at a class token or by attention pooling, got CLIPA's, which takes the mean "
                            + "of its patches and is not taken apart");
            case ImageTower.Head.Attending(LayerNormLayer norm, AttentionPool pool) -> {
                tower.transformer().forward(x, sequences, ws);
                norm.forward(x, x, ws);
                AttentionPool.Pooled pooled = pool.pool(x, sequences, output, ws); //                            [1, outputDim]
                yield directions.apply(output.toArray()).stream()
                        .map(direction -> Decomposition.of(pooled, output, direction)).toList();
            }
        };
    }

    private PooledProjection classTokenHead() {
        return switch (tower.head()) {
            case ImageTower.Head.Projected(PooledProjection projection) -> projection;
            case ImageTower.Head.Averaged _ -> throw new IllegalStateException(
                    "image encoder: expected one that is read at a class token, as CLIP's is, got one that is read at its patches");
            case ImageTower.Head.Attending _ -> throw new IllegalStateException(
                    "image encoder: expected one that is read at a class token, as CLIP's is, got one with attention pooling, whose "
                            + "patches say nothing by themselves; its embedding can be taken apart");
        };
    }
}
