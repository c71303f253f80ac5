package io.github.clip4j.nn;

import io.github.clip4j.core.ops.WeightMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Finds the first weight that is not finite, once an output is not. Weights are not looked at before: that would cost each load, and most
/// models are whole.
///
/// It knows where each tensor is kept, by name, in the order of reading, and holds no copy.
public final class Finite {
    private final List<Kept> tensors = new ArrayList<>();
    private @Nullable WeightMatrix matrix; // that is being set
    private int rows; //                      of it that are set
    private volatile @Nullable String why; // the answer, once it was asked for

    /// A tensor: an array, or rows of a packed matrix.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Kept(String name, float @Nullable [] values, @Nullable WeightMatrix matrix, int from, int rows) {
        Optional<String> problem() {
            if (matrix != null) {
                return matrix.firstNotFinite(from, rows).map(at -> name + ": expected finite numbers, got " + at);
            }
            for (int i = 0; values != null && i < values.length; i++) {
                if (!Float.isFinite(values[i])) {
                    return Optional.of(name + ": expected finite numbers, got " + values[i] + " at index " + i);
                }
            }
            return Optional.empty();
        }
    }

    void add(String name, float[] values) {
        tensors.add(new Kept(name, values, null, 0, 0));
    }

    /// The tensors that are read next are rows of this matrix, one after the other.
    void begin(WeightMatrix weights) {
        matrix = weights;
        rows = 0;
    }

    /// A tensor that is packed into the matrix.
    void add(String name, int elements) {
        WeightMatrix into = matrix;
        if (into != null) {
            int count = Math.min(elements / into.in(), into.out() - rows);
            tensors.add(new Kept(name, null, into, rows, count));
            rows += count;
        }
    }

    /// Why an output is not finite.
    ///
    /// @param what the encoder, for the message when all its weights are finite
    /// @return a sentence that names the first weight that is not finite
    public String whyNotFinite(String what) {
        String answer = why;
        if (answer == null) {
            answer = tensors.stream().flatMap(tensor -> tensor.problem().stream()).findFirst()
                    .map(problem -> problem + "; the checkpoint is damaged, or its training had diverged: take another copy of it")
                    .orElse(what + ": expected finite outputs, got one that is not, although all weights are finite: a value has left "
                            + "float32's range");
            why = answer;
        }
        return answer;
    }
}
