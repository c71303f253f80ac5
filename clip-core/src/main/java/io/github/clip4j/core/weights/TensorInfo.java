package io.github.clip4j.core.weights;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;

/// What a file says about one of its tensors.
///
/// @param name the name in the file
/// @param dtype how its elements are stored
/// @param shape its extents
/// @param file the file that holds it, for messages
public record TensorInfo(String name, DType dtype, Shape shape, String file) {
    /// {@return the bytes that the tensor takes in its file}
    public long bytes() {
        return (long) shape.elements() * dtype.bytes();
    }

    /// {@return the tensor `name` of `source`, which must hold floats}
    ///
    /// @param source holds the tensor
    /// @param name as the source lists it
    /// @throws WeightFormatException when there is no such tensor, or its type is not a float
    public static TensorInfo require(WeightSource source, String name) throws WeightFormatException {
        TensorInfo info = source.tensors().get(name);
        if (info == null) {
            throw new WeightFormatException("%s: expected a tensor %s, got none of that name".formatted(source.location(), name));
        }
        if (!info.dtype().isFloat()) {
            throw new WeightFormatException("%s: tensor %s: expected F32, F16, BF16 or F64, got %s; quantised weights are not read"
                    .formatted(info.file(), name, info.dtype()));
        }
        return info;
    }
}
