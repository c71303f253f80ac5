package io.github.clip4j.core.weights;

import java.io.Closeable;
import java.io.IOException;
import java.util.SortedMap;

/// A set of named tensors: a safetensors file, its shards, or a directory of npy files.
///
/// What a source lists was validated when it was opened; reading may still meet an I/O error. Several threads may read at once.
public interface WeightSource extends Closeable {
    /// Where the weights come from, for messages.
    String location();

    /// What the source holds, by name.
    SortedMap<String, TensorInfo> tensors();

    /// The elements of tensor `name` in row-major order, decoded to float32: exact for F16 and BF16, rounded to nearest for F64.
    ///
    /// @throws WeightFormatException when there is no such tensor, or its type [io.github.clip4j.core.DType#isFloat() is no float]
    float[] read(String name) throws IOException;

    /// The same elements, in `buffer` when it is long enough and the source can use it, else in an array of their own; elements beyond the
    /// tensor's are left as they are. A loader that reads one matrix after the other so leaves no garbage of the model's size.
    default float[] read(String name, float[] buffer) throws IOException {
        return read(name);
    }
}
