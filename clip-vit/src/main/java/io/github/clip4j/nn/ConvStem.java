package io.github.clip4j.nn;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.MatMul;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// The convolutions that make vectors of patches: one in a plain vision transformer, three in MobileCLIP-B (timm
/// `vision_transformer_hybrid.py`, class `ConvStem`). Immutable.
///
/// The stride of each is its kernel's edge, so that no two windows overlap, and a convolution is a matrix product with one row a window.
/// Windows are in an order in which those that the next convolution joins are neighbours: its rows are theirs, four side by side, and
/// nothing is moved between two products.
///
/// ```
/// one patch of 16 × 16 pixels:   16 windows of 4 × 4   ──►   4 rows of 4·d₁   ──►   1 row of 4·d₂
///
///  0  1 │  4  5                  rows 0 1 2 3 are the input 0 of the second convolution, 4 5 6 7 its input 1 …
///  2  3 │  6  7
/// ──────┼──────
///  8  9 │ 12 13
/// 10 11 │ 14 15
/// ```
final class ConvStem {
    /// The edges of MobileCLIP-B's kernels; together they are a patch of 16.
    private static final int[] MOBILE_CLIP_KERNELS = {4, 2, 2};

    /// The first two convolutions of MobileCLIP-B have a quarter of the width.
    private static final int NARROWER = 4;

    private static final double BATCH_NORM_EPSILON = 1e-5; // PyTorch's, which timm's `BatchNormAct2d` keeps

    private static final String CONVOLUTION = ".conv";
    private static final String NORM = ".bn";
    private static final int PADDING = 16; // of rows, as in Workspace

    private final int channels;
    private final int[] kernels;
    private final List<Linear> layers;
    private final int[] widths; // of the input's windows and of each layer's outputs

    private ConvStem(int channels, int[] kernels, List<Linear> layers) {
        this.channels = channels;
        this.kernels = kernels;
        this.layers = List.copyOf(layers);
        this.widths = new int[layers.size() + 1];
        widths[0] = channels * kernels[0] * kernels[0];
        for (int i = 0; i < layers.size(); i++) {
            widths[i + 1] = layers.get(i).out();
        }
    }

    /// Reads the one convolution of a plain vision transformer.
    ///
    /// @param name such as `vision_model.embeddings.patch_embedding`
    static ConvStem plain(ParameterReader parameters, String name, int channels, int patchSize, int width, boolean bias)
            throws IOException {
        int elements = channels * patchSize * patchSize;
        Linear layer = bias
                ? Linear.read(parameters, width, elements, name)
                : Linear.readWithoutBias(parameters, width, elements, name);
        return new ConvStem(channels, new int[] {patchSize}, List.of(layer));
    }

    /// What [#plain] reads. A matrix is stored as the kernel of a convolution.
    static Stream<TensorSpec> specsOfPlain(String name, int channels, int patchSize, int width, boolean bias) {
        TensorSpec kernel = new TensorSpec(name + ".weight", Shape.of(width, channels, patchSize, patchSize));
        return bias ? Stream.of(kernel, new TensorSpec(name + ".bias", Shape.of(width))) : Stream.of(kernel);
    }

    /// Reads MobileCLIP-B's: two convolutions with a batch norm and GELU each, and one with a bias.
    ///
    /// @param width of the last one, a multiple of 4
    static ConvStem mobileClip(ParameterReader parameters, String name, int channels, int width) throws IOException {
        List<Linear> layers = new ArrayList<>();
        int last = MOBILE_CLIP_KERNELS.length - 1;
        for (int i = 0; i <= last; i++) {
            int in = i == 0 ? channels : width / NARROWER;
            int out = i == last ? width : width / NARROWER;
            layers.add(convolution(parameters, name + "." + i, out, in, MOBILE_CLIP_KERNELS[i], i > 0, i < last));
        }
        return new ConvStem(channels, MOBILE_CLIP_KERNELS, layers);
    }

    /// What [#mobileClip] reads.
    static Stream<TensorSpec> specsOfMobileClip(String name, int channels, int width) {
        List<TensorSpec> specs = new ArrayList<>();
        int last = MOBILE_CLIP_KERNELS.length - 1;
        for (int i = 0; i <= last; i++) {
            String layer = name + "." + i;
            int out = i == last ? width : width / NARROWER;
            Shape kernel = Shape.of(out, i == 0 ? channels : width / NARROWER, MOBILE_CLIP_KERNELS[i], MOBILE_CLIP_KERNELS[i]);
            specs.add(new TensorSpec(layer + CONVOLUTION + ".weight", kernel));
            List<String> vectors = i == last
                    ? List.of(CONVOLUTION + ".bias")
                    : List.of(NORM + ".weight", NORM + ".bias", NORM + ".running_mean", NORM + ".running_var");
            vectors.forEach(vector -> specs.add(new TensorSpec(layer + vector, Shape.of(out))));
        }
        return specs.stream();
    }

    /// Reads one convolution.
    ///
    /// A batch norm is a factor s and a shift of each channel, and is folded into the weights: y = s·(W·x − μ) + β = (s·W)·x + (β − s·μ),
    /// s = γ/√(σ² + ε), computed in double precision and rounded once. A weight then moves by 2⁻²⁴ of itself at most, as much as one
    /// rounding of its product; s and the shift, applied to each output, would round the sum twice more and read all outputs again.
    /// Measured for the three layers of MobileCLIP-B with random weights and images between 0 and 1, the root mean square of the error to
    /// float64: 4.05e-7 folded, 4.12e-7 as scale and shift, 4.08e-7 by PyTorch.
    ///
    /// @param joins whether its input is windows side by side, each with all channels, rather than channel by channel
    private static Linear convolution(
            ParameterReader parameters, String name, int out, int in, int kernel, boolean joins, boolean normed) throws IOException {
        double[] factors = new double[out];
        float[] shifts;
        if (normed) {
            float[] gain = parameters.vector(name + NORM + ".weight", out);
            float[] bias = parameters.vector(name + NORM + ".bias", out);
            float[] mean = parameters.vector(name + NORM + ".running_mean", out);
            float[] variance = parameters.vector(name + NORM + ".running_var", out);
            shifts = new float[out];
            for (int i = 0; i < out; i++) {
                if (variance[i] < 0) {
                    throw new WeightFormatException("%s.running_var: expected variances of at least 0, got %s at index %d; "
                            .formatted(name + NORM, variance[i], i) + "the checkpoint is damaged: take another copy of it");
                }
                factors[i] = gain[i] / Math.sqrt(variance[i] + BATCH_NORM_EPSILON);
                shifts[i] = (float) (bias[i] - factors[i] * mean[i]);
            }
        } else {
            Arrays.fill(factors, 1);
            shifts = parameters.vector(name + CONVOLUTION + ".bias", out);
        }
        int window = kernel * kernel;
        WeightMatrix matrix = parameters.weightMatrix(out, in * window);
        float[] stored = parameters.matrix(name + CONVOLUTION + ".weight", out * in * window); // [out, in, kernel, kernel]
        float[] rows = new float[out * in * window];
        for (int o = 0; o < out; o++) {
            for (int c = 0; c < in; c++) {
                for (int p = 0; p < window; p++) {
                    int column = joins ? p * in + c : c * window + p;
                    rows[o * in * window + column] = (float) (factors[o] * stored[(o * in + c) * window + p]);
                }
            }
        }
        Linear.pack(matrix, 0, out, rows, name + CONVOLUTION + ".weight");
        matrix.setBias(0, shifts);
        return Linear.of(name + CONVOLUTION, matrix);
    }

    /// The scratch of some images.
    static final class Scratch {
        private final FirstRows windows; //        [patches·windows, channels·kernel²]
        private final List<FirstRows> outputs; // of each layer; but for the last, without padding between rows
        private final List<FirstRows> joined; //  the same floats, side by side as the next layer reads them

        private Scratch(ConvStem stem, int patches) {
            int rows = patches * stem.windowsOfPatch();
            windows = new FirstRows(rows, stem.widths[0], stem.widths[0] + PADDING);
            outputs = new ArrayList<>();
            joined = new ArrayList<>();
            for (int i = 0; i < stem.layers.size(); i++) {
                FirstRows output = new FirstRows(rows, stem.widths[i + 1], stem.widths[i + 1]);
                outputs.add(output);
                if (i + 1 < stem.layers.size()) {
                    int window = stem.kernels[i + 1] * stem.kernels[i + 1];
                    rows /= window;
                    joined.add(output.sideBySide(window));
                }
            }
        }

        long bytes() {
            return windows.bytes() + outputs.stream().mapToLong(FirstRows::bytes).sum();
        }
    }

    /// Scratch for so many patches.
    Scratch scratch(int patches) {
        return new Scratch(this, patches);
    }

    /// The floats of scratch that the products of so many patches need.
    int productScratch(int patches) {
        int most = 0;
        int rows = patches * windowsOfPatch();
        for (int i = 0; i < layers.size(); i++) {
            int window = i == 0 ? 1 : kernels[i] * kernels[i];
            rows /= window;
            most = Math.max(most, MatMul.scratchSize(rows, widths[i] * window, widths[i + 1]));
        }
        return most;
    }

    private int windowsOfPatch() {
        int windows = 1;
        for (int i = 1; i < kernels.length; i++) {
            windows *= kernels[i] * kernels[i];
        }
        return windows;
    }

    /// The patches of images that lie back to back, row by row.
    ///
    /// @param pixels images `[channels, imageSize, imageSize]`; what does not fill a patch is left out
    /// @param grid patches along an edge
    /// @return a part of the scratch, `[images·grid², d]`
    Tensor forward(float[] pixels, int pixelsOff, int imageSize, int grid, int images, Scratch scratch, Workspace ws) {
        int rows = images * grid * grid * windowsOfPatch();
        Tensor x = scratch.windows.get(rows);
        int row = 0;
        for (int image = 0; image < images; image++) {
            for (int patch = 0; patch < grid * grid; patch++) {
                int off = pixelsOff + image * channels * imageSize * imageSize;
                row = copyWindows(pixels, off, imageSize, patch / grid, patch % grid, kernels.length - 1, x, row);
            }
        }
        for (int i = 0; i < layers.size(); i++) {
            if (i > 0) {
                rows /= kernels[i] * kernels[i];
                x = scratch.joined.get(i - 1).get(rows);
            }
            Tensor y = scratch.outputs.get(i).get(rows);
            if (i + 1 < layers.size()) {
                layers.get(i).forward(x, Activation.GELU, y, ws);
            } else {
                layers.get(i).forward(x, y, ws);
            }
            x = y;
        }
        return x;
    }

    /// One row a window from `row` on, each `[channels, kernel, kernel]`: the window `(top, left)` of a layer is those that it joins, row
    /// by row, down to the pixels.
    ///
    /// @return the row after them
    private int copyWindows(float[] pixels, int pixelsOff, int imageSize, int top, int left, int layer, Tensor x, int row) {
        int kernel = kernels[layer];
        int next = row;
        if (layer > 0) {
            for (int i = 0; i < kernel * kernel; i++) {
                next = copyWindows(
                        pixels, pixelsOff, imageSize, top * kernel + i / kernel, left * kernel + i % kernel, layer - 1, x, next);
            }
            return next;
        }
        int to = x.rowOffset(row);
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < kernel; y++) {
                int from = pixelsOff + (c * imageSize + top * kernel + y) * imageSize + left * kernel;
                System.arraycopy(pixels, from, x.array(), to, kernel);
                to += kernel;
            }
        }
        return row + 1;
    }
}
