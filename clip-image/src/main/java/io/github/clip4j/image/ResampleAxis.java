package io.github.clip4j.image;

import io.github.clip4j.core.ops.ByteRows;
import io.github.clip4j.image.ClipPreprocess.Filter;

/// One direction of a resampling: `in` pixels become `out`. Gives the weights of any range of outputs, so that nobody holds all of them.
///
/// @param precision the fractional bits that weights are rounded to
record ResampleAxis(int in, int out, Filter filter, int precision) {
    /// Whose numbers are computed. Both sum integers exactly, and round and clip each pass to bytes.
    enum Arithmetic {
        /// python-pillow/Pillow `src/libImaging/Resample.c`: weights of 22 fractional bits.
        PILLOW,
        /// pytorch/pytorch `aten/src/ATen/native/cpu/UpSampleKernel.cpp`, for bytes with antialiasing: weights of 16 bits, with as many
        /// fractional bits as the greatest weight of all outputs leaves. Its AVX2 code and its plain code give the same.
        TORCH
    }

    /// Pillow has no memory for more weights of 8 bytes (`precompute_coeffs`). PyTorch would need memory for all of them, too.
    private static final long WEIGHTS = Integer.MAX_VALUE / 8;

    /// With less than this, weights of 16 bits have at least 14 fractional bits; see [#precision(int, int, Filter)].
    private static final int FEWEST_BITS = 14;

    /// @throws IllegalArgumentException for more weights than Pillow has memory for
    static ResampleAxis of(int in, int out, Filter filter, Arithmetic arithmetic) {
        long weights = (long) out * taps(in, out, filter);
        if (weights > WEIGHTS) {
            throw new IllegalArgumentException(
                    ("expected at most %,d weights for one direction of resizing, as Pillow does, got %,d from %,d to %,d pixels; "
                            + "crop it first").formatted(WEIGHTS, weights, in, out));
        }
        int precision =
                switch (arithmetic) {
                    case PILLOW -> ByteRows.PRECISION_BITS;
                    case TORCH -> precision(in, out, filter);
                };
        return new ResampleAxis(in, out, filter, precision);
    }

    /// The most inputs that an output has.
    int taps() {
        return taps(in, out, filter);
    }

    /// About how many inputs a range of outputs needs.
    long inputs(int outputs) {
        return Math.min(in, (long) (outputs * ((double) in / out)) + taps());
    }

    private static int taps(int in, int out, Filter filter) {
        return (int) Math.ceil(support(in, out, filter)) * 2 + 1;
    }

    private static double support(int in, int out, Filter filter) {
        return filter.support() * Math.max((double) in / out, 1);
    }

    /// `_compute_index_ranges_int16_weights`: one bit less than those with which the greatest weight needs more than 15 bits, at most 22.
    ///
    /// Enlarging, the first output has a weight of 1 or more, which leaves 14 bits; no weight is as great as 2, which would leave 13. So
    /// the search ends there, and takes as long as there are inputs at most.
    private static int precision(int in, int out, Filter filter) {
        double[] weights = new double[taps(in, out, filter)];
        ResampleAxis axis = new ResampleAxis(in, out, filter, 0);
        int bits = ByteRows.PRECISION_BITS;
        for (int i = 0; i < out && bits > FEWEST_BITS; i++) {
            int count = axis.weigh(i, axis.first(i), weights, 0);
            for (int j = 0; j < count; j++) {
                while (bits > FEWEST_BITS && (int) (0.5 + weights[j] * (1 << bits)) >= 1 << 15) {
                    bits--;
                }
            }
        }
        return bits;
    }

    /// The centre of an output, in inputs.
    private double center(int output) {
        return (output + 0.5) * ((double) in / out);
    }

    /// The first input that an output needs.
    private int first(int output) {
        return Math.max(0, (int) (center(output) - support(in, out, filter) + 0.5));
    }

    /// Writes the weights of one output, which add up to 1, and returns how many there are.
    private int weigh(int output, int first, double[] weights, int offset) {
        double center = center(output);
        double inverse = 1 / Math.max((double) in / out, 1);
        int count = Math.min(Math.min(in, (int) (center + support(in, out, filter) + 0.5)) - first, taps());
        double sum = 0;
        for (int j = 0; j < count; j++) {
            double weight = filter.weight((j + first - center + 0.5) * inverse);
            weights[offset + j] = weight;
            sum += weight;
        }
        for (int j = 0; j < count && sum != 0; j++) {
            weights[offset + j] /= sum;
        }
        return count;
    }

    /// The weights of `outputs` outputs from `start`.
    Weights weights(int start, int outputs) {
        int size = taps();
        int[] first = new int[outputs];
        int[] count = new int[outputs];
        double[] weights = new double[Math.multiplyExact(outputs, size)];
        for (int i = 0; i < outputs; i++) {
            first[i] = first(start + i);
            count[i] = weigh(start + i, first[i], weights, i * size);
        }
        return new Weights(outputs, first, count, weights, size, precision);
    }

    /// Output `i` of `outputs` is Σⱼ weights[i·size + j]·input[first[i] + j] for j < count[i].
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this package
    record Weights(int outputs, int[] first, int[] count, double[] weights, int size, int precision) {
        /// The first input that any output needs.
        int begin() {
            return first[0];
        }

        /// The input after the last one needed.
        int end() {
            return first[outputs - 1] + count[outputs - 1];
        }

        /// The weights rounded to `precision` fractional bits, with [ByteRows#PRECISION_BITS] of them: sums and their rounding stay the
        /// same when all are multiplied by a power of two.
        int[] fixedPoint() {
            int[] fixed = new int[weights.length];
            int shift = ByteRows.PRECISION_BITS - precision;
            for (int i = 0; i < fixed.length; i++) {
                double weight = weights[i] * (1 << precision);
                fixed[i] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5) << shift; // half away from zero
            }
            return fixed;
        }
    }
}
