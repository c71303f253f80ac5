package io.github.clip4j.core.ops;

import io.github.clip4j.core.DType;

/// A matrix that is read a row at a time, such as the vectors of all tokens of a vocabulary. Immutable once its rows are set; safe to share
/// between threads.
///
/// A pass reads a few dozen rows of perhaps hundreds of thousands, so there is nothing to gain from having them in float32: rows in 16 bits
/// are widened as they are read, which is exact.
public final class RowTable {
    private final int rows;
    private final int width;
    private final DType storage;
    private final float[] floats; // one of these two holds the rows, `[rows, width]`; the other is empty
    private final short[] bits;

    /// A table of zeros, to be set part by part.
    ///
    /// @param storage how its numbers are kept: F32, F16 or BF16
    /// @throws IllegalArgumentException for another type, or a table of more than 2³¹−9 numbers
    public RowTable(int rows, int width, DType storage) {
        if ((long) rows * width > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("table [%d, %d]: expected at most 2^31-9 numbers".formatted(rows, width));
        }
        this.rows = rows;
        this.width = width;
        this.storage = storage;
        if (storage != DType.F32 && storage != DType.F16 && storage != DType.BF16) {
            throw new IllegalArgumentException("table: expected its numbers in F32, F16 or BF16, got " + storage);
        }
        this.floats = new float[storage == DType.F32 ? rows * width : 0];
        this.bits = new short[storage == DType.F32 ? 0 : rows * width];
    }

    /// Sets rows `from` to `from + count` from the first numbers of `values`, rounded to the nearest number of the storage.
    ///
    /// @throws IllegalArgumentException for a number beyond the range of the storage
    public void setRows(int from, int count, float[] values) {
        int n = count * width;
        int at = from * width;
        if (storage == DType.F32) {
            System.arraycopy(values, 0, floats, at, n);
            return;
        }
        for (int i = 0; i < n; i++) {
            bits[at + i] = storage == DType.F16 ? Float.floatToFloat16(values[i]) : DType.floatToBfloat16(values[i]);
            if (Float.isFinite(values[i]) && !Float.isFinite(number(at + i))) {
                throw new IllegalArgumentException("row %d of a table: expected a number that fits %s, got %s; keep the weights in float32"
                        .formatted(from + i / width, storage, values[i]));
            }
        }
    }

    private float number(int i) {
        return storage == DType.F16 ? Float.float16ToFloat(bits[i]) : DType.bfloat16ToFloat(bits[i]);
    }

    /// `y[i] = table[row][i] + b[i]` for the numbers of a row. The sum is of float32, whatever the storage.
    public void add(int row, float[] b, int bOff, float[] y, int yOff) {
        int at = row * width;
        switch (storage) {
            case F16 -> {
                for (int i = 0; i < width; i++) {
                    y[yOff + i] = Float.float16ToFloat(bits[at + i]) + b[bOff + i];
                }
            }
            case BF16 -> {
                for (int i = 0; i < width; i++) {
                    y[yOff + i] = DType.bfloat16ToFloat(bits[at + i]) + b[bOff + i];
                }
            }
            default -> Elementwise.add(floats, at, b, bOff, y, yOff, width);
        }
    }

    /// `y[i] = scale·table[row][i] + b[i]` for the numbers of a row. The product is rounded before the sum, as where an embedding scales
    /// what it returns.
    public void addScaled(int row, float scale, float[] b, int bOff, float[] y, int yOff) {
        int at = row * width;
        for (int i = 0; i < width; i++) {
            float scaled = scale * (storage == DType.F32 ? floats[at + i] : number(at + i));
            y[yOff + i] = scaled + b[bOff + i];
        }
    }

    /// The number of rows.
    public int rows() {
        return rows;
    }

    /// How its numbers are kept.
    public DType storage() {
        return storage;
    }

    /// The memory that it takes, in bytes.
    public long bytes() {
        return (long) floats.length * Float.BYTES + (long) bits.length * Short.BYTES;
    }
}
