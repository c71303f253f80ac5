package io.github.clip4j.spark;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.MatMul;
import io.github.clip4j.core.ops.WeightMatrix;
import io.github.clip4j.core.parallel.Workers;
import java.util.Arrays;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// Compares all rows of a partition with all queries: X·Qᵀ, block by block of X, by the matrix product of the encoders.
///
/// The products in float32 only say which pairs may be among the best. Their cosines are then summed in double, as
/// [io.github.clip4j.Embedding#dot] does, so that the result is exact.
final class BlockSearch {
    /// Rows of a block: 2 MB of 512 components. With many queries fewer, so that the products of a block stay below 16 MB.
    private static final int ROWS = 1024;
    private static final int PRODUCTS = 1 << 22;

    /// What float32 may lose of a squared length, and more: other programs normalise less exactly.
    private static final double UNIT = 1e-4;

    private final float[][] queries;
    private final int dimension;
    private final int top;
    private final WeightMatrix weight;
    private final float error;
    private final float[] block;
    private final String[] names;
    private final float[] products;
    private final float[] least; // what a product must have for its cosine to be among the best
    private final MatMul matMul;

    /// @param queries at least one, that fit each other: see [#unfit]
    BlockSearch(float[][] queries, int top) {
        this.queries = queries;
        this.dimension = queries[0].length;
        this.top = top;
        this.weight = new WeightMatrix(queries.length, dimension);
        for (int i = 0; i < queries.length; i++) {
            weight.setRows(i, 1, queries[i]);
        }
        this.error = error(dimension);
        int rows = Math.clamp(PRODUCTS / queries.length, 1, ROWS);
        this.block = new float[rows * dimension];
        this.names = new String[rows];
        this.products = new float[rows * queries.length];
        this.least = new float[queries.length];
        this.matMul = new MatMul(MatMul.scratchSize(rows, dimension, queries.length), Workers.SERIAL);
    }

    /// How far a product of two vectors of length 1 in float32 can be from the exact one. Each of d products takes part in at most d
    /// roundings, so the error is below 1.01·d·2⁻²⁴·Σ|xᵢqᵢ| (Higham 2002, §3.1), and Σ|xᵢqᵢ| is at most the product of the lengths,
    /// 1 + 10⁻⁴, which the 1.01 covers too. Four roundings more are those of the threshold itself.
    static float error(int dimension) {
        return (float) (1.01 * (dimension + 4) * 0x1p-24);
    }

    /// The best rows for each query. A row that does not fit the queries is left out and named.
    Found search(Iterator<EmbeddedRow> rows) {
        Found found = new Found(queries.length, top);
        Arrays.fill(least, Float.NEGATIVE_INFINITY);
        int count = 0;
        while (rows.hasNext()) {
            EmbeddedRow row = rows.next();
            float[] embedding = row.getEmbedding();
            String reason = unfit(embedding, dimension);
            if (reason != null) {
                found.addUnfit(row.getName() + ": " + reason);
                continue;
            }
            found.addCompared();
            System.arraycopy(embedding, 0, block, count * dimension, dimension);
            names[count++] = row.getName();
            if (count == names.length) {
                compare(count, found.best());
                count = 0;
            }
        }
        if (count > 0) {
            compare(count, found.best());
        }
        return found;
    }

    /// Why a vector cannot be compared with others; null when it can. The bound of the error holds for vectors of length 1, and only
    /// there a product is a cosine.
    static @Nullable String unfit(float[] embedding, int dimension) {
        if (embedding.length != dimension) {
            return "expected an embedding of %d components, as the queries have, got %d; are all of one model?"
                    .formatted(dimension, embedding.length);
        }
        double squares = 0;
        for (float value : embedding) {
            squares += (double) value * value;
        }
        return Math.abs(squares - 1) <= UNIT // not of NaN
                ? null : "expected an embedding of length 1, got %s; divide it by its length".formatted(Math.sqrt(squares));
    }

    private void compare(int count, TopK[] best) {
        matMul.linear(Tensor.of(block, Shape.of(names.length, dimension)).rows(0, count), weight,
                Tensor.of(products, Shape.of(names.length, queries.length)).rows(0, count));
        for (int row = 0; row < count; row++) {
            for (int q = 0; q < queries.length; q++) {
                if (products[row * queries.length + q] >= least[q]) {
                    best[q].offer(dot(row, queries[q]), names[row]);
                    least[q] = (float) best[q].least() - error;
                }
            }
        }
    }

    private double dot(int row, float[] query) {
        double sum = 0;
        for (int i = 0; i < dimension; i++) {
            sum += (double) block[row * dimension + i] * query[i];
        }
        return sum;
    }
}
