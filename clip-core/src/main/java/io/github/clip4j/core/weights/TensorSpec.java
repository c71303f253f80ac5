package io.github.clip4j.core.weights;

import io.github.clip4j.core.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/// A tensor that a model needs.
///
/// @param name the name in the checkpoint
/// @param shape the extents it must have
public record TensorSpec(String name, Shape shape) {
    private static final int LISTED = 1_000;

    /// Compares what a model needs with what a source holds.
    ///
    /// @param specs all tensors that are needed
    /// @param source compared with them
    /// @param ignorable names that a source may hold although no model needs them
    /// @throws WeightFormatException when a tensor is missing, unexpected, of another shape, or not a float; it lists the findings, up to a
    ///     thousand
    public static void check(List<TensorSpec> specs, WeightSource source, Predicate<String> ignorable) throws WeightFormatException {
        List<String> findings = new ArrayList<>();
        Map<String, TensorInfo> unexpected = new TreeMap<>(source.tensors());
        for (TensorSpec spec : specs) {
            TensorInfo info = unexpected.remove(spec.name);
            if (info == null) {
                findings.add("%s: missing, expected %s".formatted(spec.name, spec.shape));
            } else if (!info.shape().equals(spec.shape) && !(isScalar(spec.shape) && isScalar(info.shape()))) {
                findings.add("%s in %s: expected %s, got %s%s".formatted(
                        spec.name, info.file(), spec.shape, info.shape(),
                        isTransposed(spec.shape, info.shape()) ? "; stored transposed? See docs/troubleshooting.md#transposed" : ""));
            } else if (!info.dtype().isFloat()) {
                findings.add("%s in %s: expected F32, F16, BF16 or F64, got %s".formatted(spec.name, info.file(), info.dtype()));
            }
        }
        unexpected.forEach((name, info) -> {
            if (!ignorable.test(name)) {
                findings.add("%s in %s: unexpected, got %s".formatted(name, info.file(), info.shape()));
            }
        });
        if (!findings.isEmpty()) {
            String line = System.lineSeparator() + "  ";
            int listed = Math.min(LISTED, findings.size());
            throw new WeightFormatException("%s does not fit the model, %d findings:%s%s%s%nSee docs/troubleshooting.md#weights".formatted(
                    source.location(), findings.size(), line, String.join(line, findings.subList(0, listed)),
                    findings.size() > listed ? line + "… and %,d more".formatted(findings.size() - listed) : ""));
        }
    }

    /// A scalar is stored as `[]` or `[1]`.
    private static boolean isScalar(Shape shape) {
        return shape.elements() == 1 && shape.rank() <= 1;
    }

    private static boolean isTransposed(Shape expected, Shape got) {
        return expected.rank() == 2 && got.rank() == 2 && expected.dim(0) == got.dim(1) && expected.dim(1) == got.dim(0);
    }
}
