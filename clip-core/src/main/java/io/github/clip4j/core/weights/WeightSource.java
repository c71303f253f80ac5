package io.github.clip4j.core.weights;

import java.io.Closeable;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.SortedMap;

/// A set of named tensors: a safetensors file, its shards, or a directory of npy files.
///
/// What a source lists was validated when it was opened; reading may still meet an I/O error. Several threads may read at once.
public interface WeightSource extends Closeable {
    /// {@return where the weights come from, for messages}
    String location();

    /// {@return what the source holds, by name}
    SortedMap<String, TensorInfo> tensors();

    /// {@return the elements of tensor `name` in row-major order, decoded to float32: exact for F16 and BF16, rounded to nearest for F64}
    ///
    /// @param name as [#tensors()] lists it
    /// @throws WeightFormatException when there is no such tensor, or its type [is not a float][io.github.clip4j.core.DType#isFloat()]
    float[] read(String name) throws IOException;

    /// {@return the same elements, in `buffer` when it is long enough and the source can use it, else in an array of their own; elements
    /// beyond the tensor's are left as they are} A loader that reads one matrix after the other so leaves no garbage of the model's size.
    ///
    /// @param name as [#tensors()] lists it
    /// @param buffer reused for the elements when it is long enough
    /// @throws IOException when the weights cannot be read
    default float[] read(String name, float[] buffer) throws IOException {
        return read(name, 0, TensorInfo.require(this, name).shape().elements(), buffer);
    }

    /// {@return `count` elements of tensor `name` from element `first` on, in `buffer` when it is long enough, else in an array of that
    /// length; elements of the array beyond them are not defined} A source that can seek reads these elements alone, so that a matrix that
    /// is used in parts is read once.
    ///
    /// @param name as [#tensors()] lists it
    /// @param first the first element, in row-major order
    /// @param count the number of elements
    /// @param buffer reused for the elements when it is long enough
    /// @throws IndexOutOfBoundsException when the tensor has fewer elements
    /// @throws IOException when the weights cannot be read
    default float[] read(String name, int first, int count, float[] buffer) throws IOException {
        float[] all = read(name);
        Objects.checkFromIndexSize(first, count, all.length);
        if (first == 0 && count == all.length) {
            return all;
        }
        if (buffer.length < count) {
            return Arrays.copyOfRange(all, first, first + count);
        }
        System.arraycopy(all, first, buffer, 0, count);
        return buffer;
    }
}
