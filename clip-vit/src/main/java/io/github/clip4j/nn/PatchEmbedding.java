package io.github.clip4j.nn;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.Elementwise;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An image as a sequence: each patch a linear function of its pixels, and perhaps a class token before them. Immutable.
///
/// The convolution whose kernel and stride are one patch is a matrix product: row i holds the pixels of patch i, channel by channel.
public final class PatchEmbedding {
    static final String CLASS = ".class_embedding";
    static final String KERNEL = ".patch_embedding";
    static final String POSITIONS = ".position_embedding.weight";

    private final String name;
    private final Linear projection;
    private final float @Nullable [] classEmbedding; // [d]
    private final float[] positions; //                [tokens, d]
    private final int channels;
    private final int patchSize;
    private final int grid;
    private final int width;

    /// What an image becomes.
    public enum Form {
        /// A class token and the patches, whose projection has no bias: CLIP's.
        CLASS_TOKEN(1),
        /// The patches, whose projection has a bias: SigLIP's.
        PATCHES_WITH_BIAS(0);

        private final int before;

        Form(int before) {
            this.before = before;
        }
    }

    /// @param name such as `vision_model.embeddings`
    /// @param grid patches along an edge
    public PatchEmbedding(ParameterReader parameters, String name, Form form, int channels, int patchSize, int grid, int width)
            throws IOException {
        this.name = name;
        int elements = channels * patchSize * patchSize;
        this.projection = switch (form) {
            case CLASS_TOKEN -> Linear.readWithoutBias(parameters, width, elements, name + KERNEL);
            case PATCHES_WITH_BIAS -> Linear.read(parameters, width, elements, name + KERNEL);
        };
        this.classEmbedding = switch (form) {
            case CLASS_TOKEN -> parameters.vector(name + CLASS, width);
            case PATCHES_WITH_BIAS -> null;
        };
        this.positions = parameters.vector(name + POSITIONS, (form.before + grid * grid) * width);
        this.channels = channels;
        this.patchSize = patchSize;
        this.grid = grid;
        this.width = width;
    }

    /// What the constructor reads. The projection is stored as the kernel of a convolution.
    public static Stream<TensorSpec> specs(String name, Form form, int channels, int patchSize, int grid, int width) {
        return Stream.of(
                switch (form) {
                    case CLASS_TOKEN -> new TensorSpec(name + CLASS, Shape.of(width));
                    case PATCHES_WITH_BIAS -> new TensorSpec(name + KERNEL + ".bias", Shape.of(width));
                },
                new TensorSpec(name + KERNEL + ".weight", Shape.of(width, channels, patchSize, patchSize)),
                new TensorSpec(name + POSITIONS, Shape.of(form.before + grid * grid, width)));
    }

    /// x = [class; patches·Wᵀ] + positions, or x = patches·Wᵀ + b + positions, for each image
    ///
    /// @param pixels images `[channels, imageSize, imageSize]` back to back
    /// @param patches scratch, `[images·grid², channels·patchSize²]`
    /// @param embedded scratch, `[images·grid², d]`
    /// @param x `[images·tokens, d]`, overwritten
    public void forward(float[] pixels, int pixelsOff, int imageSize, Tensor patches, Tensor embedded, Tensor x, Workspace ws) {
        int perImage = grid * grid;
        int images = patches.rows() / perImage;
        for (int image = 0; image < images; image++) {
            copyPatches(pixels, pixelsOff + image * channels * imageSize * imageSize, imageSize, patches, image * perImage);
        }
        projection.forward(patches, embedded, ws); // [images·grid², d]
        int before = classEmbedding == null ? 0 : 1;
        for (int image = 0; image < images; image++) {
            int first = image * (before + perImage);
            if (classEmbedding != null) {
                addPosition(classEmbedding, 0, 0, x, first);
            }
            for (int patch = 0; patch < perImage; patch++) {
                addPosition(
                        embedded.array(), embedded.rowOffset(image * perImage + patch), before + patch, x, first + before + patch);
            }
        }
    }

    /// [#forward] of one image, and `trace` sees x, and without a class token the patches before their positions are added.
    ///
    /// @param x `[tokens, d]`, overwritten
    public void trace(float[] pixels, int pixelsOff, int imageSize, Tensor x, Workspace ws, Trace trace) {
        Tensor patches = Tensor.zeros(grid * grid, channels * patchSize * patchSize);
        Tensor embedded = Tensor.zeros(grid * grid, width);
        forward(pixels, pixelsOff, imageSize, patches, embedded, x, ws);
        if (classEmbedding == null) {
            trace.see(name + KERNEL, embedded);
        }
        trace.edit(name, x);
    }

    /// One row a patch from `row` on, patches row-major, each `[channels, patchSize, patchSize]`.
    private void copyPatches(float[] pixels, int pixelsOff, int imageSize, Tensor patches, int row) {
        for (int patch = 0; patch < grid * grid; patch++) {
            int to = patches.rowOffset(row + patch);
            int top = patch / grid * patchSize;
            int left = patch % grid * patchSize;
            for (int c = 0; c < channels; c++) {
                for (int y = 0; y < patchSize; y++) {
                    int from = pixelsOff + (c * imageSize + top + y) * imageSize + left;
                    System.arraycopy(pixels, from, patches.array(), to, patchSize);
                    to += patchSize;
                }
            }
        }
    }

    private void addPosition(float[] embedding, int off, int position, Tensor x, int row) {
        Elementwise.add(embedding, off, positions, position * width, x.array(), x.rowOffset(row), width);
    }
}
