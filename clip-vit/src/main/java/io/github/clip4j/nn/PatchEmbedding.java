package io.github.clip4j.nn;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.Elementwise;
import io.github.clip4j.core.weights.TensorSpec;
import java.io.IOException;
import java.util.stream.Stream;

/// An image as a sequence: each patch a linear function of its pixels, and the class token before them. Immutable.
///
/// The convolution whose kernel and stride are one patch is a matrix product: row i holds the pixels of patch i, channel by channel.
public final class PatchEmbedding {
    static final String CLASS = ".class_embedding";
    static final String KERNEL = ".patch_embedding";
    static final String POSITIONS = ".position_embedding.weight";

    private final String name;
    private final Linear projection;
    private final float[] classEmbedding; // [d]
    private final float[] positions; //      [grid² + 1, d]
    private final int channels;
    private final int patchSize;
    private final int grid;
    private final int width;

    /// @param name such as `vision_model.embeddings`
    /// @param grid patches along an edge
    public PatchEmbedding(ParameterReader parameters, String name, int channels, int patchSize, int grid, int width) throws IOException {
        this.name = name;
        this.projection = Linear.readWithoutBias(parameters, width, channels * patchSize * patchSize, name + KERNEL);
        this.classEmbedding = parameters.vector(name + CLASS, width);
        this.positions = parameters.vector(name + POSITIONS, (grid * grid + 1) * width);
        this.channels = channels;
        this.patchSize = patchSize;
        this.grid = grid;
        this.width = width;
    }

    /// What the constructor reads. The projection is stored as the kernel of a convolution.
    public static Stream<TensorSpec> specs(String name, int channels, int patchSize, int grid, int width) {
        return Stream.of(
                new TensorSpec(name + CLASS, Shape.of(width)),
                new TensorSpec(name + KERNEL + ".weight", Shape.of(width, channels, patchSize, patchSize)),
                new TensorSpec(name + POSITIONS, Shape.of(grid * grid + 1, width)));
    }

    /// x = [class; patches·Wᵀ] + positions, for each image
    ///
    /// @param pixels images `[channels, imageSize, imageSize]` back to back
    /// @param patches scratch, `[images·grid², channels·patchSize²]`
    /// @param embedded scratch, `[images·grid², d]`
    /// @param x `[images·(grid² + 1), d]`, overwritten
    public void forward(float[] pixels, int pixelsOff, int imageSize, Tensor patches, Tensor embedded, Tensor x, Workspace ws) {
        int perImage = grid * grid;
        int images = patches.rows() / perImage;
        for (int image = 0; image < images; image++) {
            copyPatches(pixels, pixelsOff + image * channels * imageSize * imageSize, imageSize, patches, image * perImage);
        }
        projection.forward(patches, embedded, ws); // [images·grid², d]
        for (int image = 0; image < images; image++) {
            int first = image * (perImage + 1);
            addPosition(classEmbedding, 0, 0, x, first);
            for (int patch = 0; patch < perImage; patch++) {
                addPosition(embedded.array(), embedded.rowOffset(image * perImage + patch), patch + 1, x, first + patch + 1);
            }
        }
    }

    /// [#forward] of one image, and `trace` sees x.
    ///
    /// @param x `[grid² + 1, d]`, overwritten
    public void trace(float[] pixels, int pixelsOff, int imageSize, Tensor x, Workspace ws, Trace trace) {
        Tensor patches = Tensor.zeros(grid * grid, channels * patchSize * patchSize);
        forward(pixels, pixelsOff, imageSize, patches, Tensor.zeros(grid * grid, width), x, ws);
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
