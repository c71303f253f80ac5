package io.github.clip4j.core.kernel.gemm;

import io.github.clip4j.core.kernel.BFloat16Scalar;
import io.github.clip4j.core.kernel.BFloat16Vector;
import io.github.clip4j.core.kernel.KernelForm;
import java.util.Locale;

/// B of a product, packed: in float32, or in 16 bits a number to take half the memory. Sums are float32 in any case.
///
/// 16-bit numbers are made float32 a segment of a panel at a time, in a buffer that stays in L1 while all tiles of a block read it. A
/// checkpoint that was published in float16 or bfloat16 loses nothing when it is kept so: the floats are the same, and so are the results,
/// to the bit.
public final class Panels {
    /// How a number is kept.
    public enum Format {
        FLOAT32,
        /// IEEE 754 binary16: 11 significant bits, up to 65504.
        FLOAT16,
        /// The upper half of a float32: 8 significant bits, its whole range.
        BFLOAT16;

        /// The nearest number of this format, ties to even, as its 16 bits.
        short narrow(float value) {
            if (this == FLOAT16) {
                return Float.floatToFloat16(value);
            }
            int bits = Float.floatToRawIntBits(value);
            return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
        }
    }

    /// Where the panels begin in their array.
    ///
    /// G1, the usual collector, puts large arrays at the start of a region; their elements follow a header of 16 bytes, so that element 12
    /// lies at a multiple of 64 bytes and no vector of a panel crosses a cache line. Other collectors promise nothing, and lose nothing.
    private static final int OFFSET = 12;

    private static final float[] NO_FLOATS = {};
    private static final short[] NO_SHORTS = {};

    private final Format format;
    private final float[] floats;
    private final short[] halves;

    /// Panels of zeros for a `[k, n]` matrix, which must have fewer than 2³¹ − 32 floats with its padding ([Packing#size(int, int)]).
    public Panels(int k, int n, Format format) {
        int size = Math.toIntExact(Packing.size(k, n));
        this.format = format;
        this.floats = format == Format.FLOAT32 ? new float[OFFSET + size] : NO_FLOATS;
        this.halves = format == Format.FLOAT32 ? NO_SHORTS : new short[size];
    }

    /// Sets columns `column` to `column + n` of B = Wᵀ from W, `[n, k]` contiguous.
    ///
    /// @throws IllegalArgumentException for a number that is not finite, or beyond the format's range
    public void setColumns(int column, int n, int k, float[] w) {
        if (format == Format.FLOAT32) {
            Packing.packWeight(w, k, n, floats, OFFSET, column);
            return;
        }
        for (int i = 0; i < n * k; i++) {
            if (!(Math.abs(w[i]) < (format == Format.FLOAT16 ? 65520 : 3.39e38f))) {
                throw new IllegalArgumentException("weight [%d, %d]: expected a number that fits %s, got %s; keep the weights in float32"
                        .formatted(column + i / k, i % k, format.name().toLowerCase(Locale.ROOT), w[i]));
            }
        }
        Packing.packWeight(w, k, n, format, halves, column);
    }

    /// Element `[p, column]` of B, for a question about one number. The layout is that of [Packing#packWeight].
    public float get(int k, int column, int p) {
        int nr = GemmShape.NR;
        return at(column / nr * nr * k + column % nr + p * nr);
    }

    boolean areFloats() {
        return format == Format.FLOAT32;
    }

    private float at(int index) {
        return switch (format) {
            case FLOAT32 -> floats[OFFSET + index];
            case FLOAT16 -> Float.float16ToFloat(halves[index]);
            case BFLOAT16 -> Float.intBitsToFloat(halves[index] << 16);
        };
    }

    /// B·g in double precision, for a `[k, n]` matrix B and g of n numbers. Plain: it serves explanations, not passes.
    ///
    /// @return `[k]`
    public double[] times(double[] g, int k) {
        double[] product = new double[k];
        for (int column = 0; column < g.length; column += GemmShape.NR) {
            int columns = Math.min(GemmShape.NR, g.length - column);
            for (int p = 0; p < k; p++) {
                int row = column * k + p * GemmShape.NR;
                double sum = 0;
                for (int j = 0; j < columns; j++) {
                    sum += g[column + j] * at(row + j);
                }
                product[p] += sum;
            }
        }
        return product;
    }

    float[] floats() {
        return floats;
    }

    /// The index in [#floats()] of the panels' element `i`.
    static int index(int i) {
        return OFFSET + i;
    }

    /// Writes elements `from` to `from + count` as float32 into `to`. For float16 the plain loop is the fast one: C2 makes the processor's
    /// conversion of it, which the Vector API does not offer.
    void widen(KernelForm form, int from, int count, float[] to) {
        if (format == Format.FLOAT16) {
            for (int i = 0; i < count; i++) {
                to[i] = Float.float16ToFloat(halves[from + i]);
            }
        } else if (form.isVector()) {
            BFloat16Vector.widen(halves, from, count, to);
        } else {
            BFloat16Scalar.widen(halves, from, count, to);
        }
    }
}
