package io.github.clip4j.nn;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.Elementwise;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An image as a sequence: each patch a function of its pixels, linear but in MobileCLIP-B, and perhaps a class token before them.
/// Immutable.
///
/// The convolution whose kernel and stride are one patch is a matrix product: row i holds the pixels of patch i, channel by channel.
public final class PatchEmbedding {
    static final String CLASS = ".class_embedding";
    static final String KERNEL = ".patch_embedding";
    static final String POSITIONS = ".position_embedding.weight";

    private final String name;
    private final ConvStem stem;
    private final float @Nullable [] classEmbedding; // [d]
    private final float[] positions; //                [tokens, d], or without a class token's
    private final Form form;
    private final int grid;
    private final int width;

    /// What an image becomes.
    public enum Form {
        /// A class token and the patches, whose projection has no bias: CLIP's.
        CLASS_TOKEN(true, true),
        /// The patches, whose projection has a bias: SigLIP's.
        PATCHES_WITH_BIAS(false, false),
        /// A class token without a position and the patches, which three convolutions make: MobileCLIP-B's.
        CONV_STEM(true, false);

        private final boolean classToken;
        private final boolean ofClassToken; // a row of the table of positions

        Form(boolean classToken, boolean ofClassToken) {
            this.classToken = classToken;
            this.ofClassToken = ofClassToken;
        }

        private int positions(int grid) {
            return (ofClassToken ? 1 : 0) + grid * grid;
        }
    }

    /// @param name such as `vision_model.embeddings`
    /// @param grid patches along an edge
    public PatchEmbedding(ParameterReader parameters, String name, Form form, int channels, int patchSize, int grid, int width)
            throws IOException {
        this.name = name;
        this.stem = switch (form) {
            case CLASS_TOKEN -> ConvStem.plain(parameters, name + KERNEL, channels, patchSize, width, false);
            case PATCHES_WITH_BIAS -> ConvStem.plain(parameters, name + KERNEL, channels, patchSize, width, true);
            case CONV_STEM -> ConvStem.mobileClip(parameters, name + KERNEL, channels, width);
        };
        this.classEmbedding = form.classToken ? parameters.vector(name + CLASS, width) : null;
        this.positions = parameters.vector(name + POSITIONS, form.positions(grid) * width);
        this.form = form;
        this.grid = grid;
        this.width = width;
    }

    /// What the constructor reads.
    public static Stream<TensorSpec> specs(String name, Form form, int channels, int patchSize, int grid, int width) {
        Stream<TensorSpec> kernels = switch (form) {
            case CLASS_TOKEN -> ConvStem.specsOfPlain(name + KERNEL, channels, patchSize, width, false);
            case PATCHES_WITH_BIAS -> ConvStem.specsOfPlain(name + KERNEL, channels, patchSize, width, true);
            case CONV_STEM -> ConvStem.specsOfMobileClip(name + KERNEL, channels, width);
        };
        Stream<TensorSpec> token = form.classToken ? Stream.of(new TensorSpec(name + CLASS, Shape.of(width))) : Stream.empty();
        return Stream.concat(
                token, Stream.concat(kernels, Stream.of(new TensorSpec(name + POSITIONS, Shape.of(form.positions(grid), width)))));
    }

    /// The scratch of one pass over some images.
    public static final class Scratch {
        private final ConvStem.Scratch stem;

        private Scratch(ConvStem.Scratch stem) {
            this.stem = stem;
        }

        /// The memory that it takes, in bytes.
        public long bytes() {
            return stem.bytes();
        }
    }

    /// Scratch for up to so many images.
    public Scratch scratch(int images) {
        return new Scratch(stem.scratch(images * grid * grid));
    }

    /// The floats of scratch that matrix products of so many images need: see [Workspace].
    public int productScratch(int images) {
        return stem.productScratch(images * grid * grid);
    }

    /// x = [class; patches·Wᵀ] + positions, or x = patches·Wᵀ + b + positions, or x = [class; stem(patches) + positions], for each image
    ///
    /// @param pixels images `[channels, imageSize, imageSize]` back to back
    /// @param x `[images·tokens, d]`, overwritten
    public void forward(float[] pixels, int pixelsOff, int imageSize, int images, Scratch scratch, Tensor x, Workspace ws) {
        place(stem.forward(pixels, pixelsOff, imageSize, grid, images, scratch.stem, ws), images, x);
    }

    /// @param embedded `[images·grid², d]`
    private void place(Tensor embedded, int images, Tensor x) {
        int perImage = grid * grid;
        int before = classEmbedding == null ? 0 : 1;
        int positionsBefore = form.ofClassToken ? 1 : 0;
        for (int image = 0; image < images; image++) {
            int first = image * (before + perImage);
            if (classEmbedding != null && form.ofClassToken) {
                addPosition(classEmbedding, 0, 0, x, first);
            } else if (classEmbedding != null) {
                System.arraycopy(classEmbedding, 0, x.array(), x.rowOffset(first), width);
            }
            for (int patch = 0; patch < perImage; patch++) {
                addPosition(
                        embedded.array(), embedded.rowOffset(image * perImage + patch), positionsBefore + patch, x, first + before + patch);
            }
        }
    }

    /// [#forward] of one image, and `trace` sees x, and where a patch is more than a matrix times its pixels, the patches before their
    /// positions are added.
    ///
    /// @param x `[tokens, d]`, overwritten
    public void trace(float[] pixels, int pixelsOff, int imageSize, Tensor x, Workspace ws, Trace trace) {
        Tensor embedded = stem.forward(pixels, pixelsOff, imageSize, grid, 1, scratch(1).stem, ws);
        place(embedded, 1, x);
        if (form != Form.CLASS_TOKEN) {
            trace.see(name + KERNEL, embedded);
        }
        trace.edit(name, x);
    }

    private void addPosition(float[] embedding, int off, int position, Tensor x, int row) {
        Elementwise.add(embedding, off, positions, position * width, x.array(), x.rowOffset(row), width);
    }
}
