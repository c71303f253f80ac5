package io.github.clip4j.tools;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// Writes safetensors files. The file appears under its name only when it is complete.
public final class SafetensorsWriter {
    private final Map<String, Stored> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    private record Stored(DType dtype, Shape shape, Values values) {
        long bytes() {
            return (long) shape.elements() * dtype.bytes();
        }
    }

    /// The values of a tensor, asked for when they are written: a large checkpoint need not be in memory at once.
    public interface Values {
        /// {@return the elements in row-major order}
        ///
        /// @throws IOException when the values cannot be read
        float[] read() throws IOException;
    }

    /// A file without tensors.
    public SafetensorsWriter() {}

    /// Adds a tensor, rounded to nearest where `dtype` is narrower than float32.
    ///
    /// @param name in the header
    /// @param dtype F32, F16 or BF16
    /// @param shape the extents
    /// @param values in row-major order
    /// @return this writer
    /// @throws IllegalArgumentException for another type, a name that is taken, or values that do not fit the shape
    public SafetensorsWriter add(String name, DType dtype, Shape shape, float[] values) {
        if (values.length != shape.elements()) {
            throw new IllegalArgumentException(
                    "tensor %s %s: expected %d values, got %d".formatted(name, shape, shape.elements(), values.length));
        }
        return add(name, dtype, shape, () -> values);
    }

    /// Adds a tensor whose values are asked for when the file is written.
    ///
    /// @param name in the header
    /// @param dtype the stored type: F32, F16 or BF16
    /// @param shape the extents
    /// @param values asked for once
    /// @return this writer
    public SafetensorsWriter add(String name, DType dtype, Shape shape, Values values) {
        if (dtype != DType.F32 && dtype != DType.F16 && dtype != DType.BF16) {
            throw new IllegalArgumentException("tensor %s: expected F32, F16 or BF16, got %s".formatted(name, dtype));
        }
        if (name.equals("__metadata__") || tensors.putIfAbsent(name, new Stored(dtype, shape, values)) != null) {
            throw new IllegalArgumentException("tensor %s: the name is taken".formatted(name));
        }
        return this;
    }

    /// Adds a free-form string to the header.
    ///
    /// @param key of `__metadata__`
    /// @param value any text
    /// @return this writer
    public SafetensorsWriter metadata(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    /// Writes the file.
    ///
    /// @param file replaced when it exists
    /// @throws IOException when the file cannot be written
    public void write(Path file) throws IOException {
        OutputFile.write(file, out -> {
            byte[] header = header();
            out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
            out.write(header);
            for (Stored tensor : tensors.values()) {
                write(tensor, out);
            }
        });
    }

    /// The JSON header, padded with spaces so that the data begin at a multiple of 8.
    private byte[] header() {
        JsonObject root = new JsonObject();
        if (!metadata.isEmpty()) {
            JsonObject strings = new JsonObject();
            metadata.forEach(strings::addProperty);
            root.add("__metadata__", strings);
        }
        long begin = 0;
        for (Map.Entry<String, Stored> entry : tensors.entrySet()) {
            Stored tensor = entry.getValue();
            JsonObject info = new JsonObject();
            info.addProperty("dtype", tensor.dtype.name());
            JsonArray shape = new JsonArray();
            for (int dim : tensor.shape.toArray()) {
                shape.add(dim);
            }
            info.add("shape", shape);
            JsonArray offsets = new JsonArray();
            offsets.add(begin);
            begin += tensor.bytes();
            offsets.add(begin);
            info.add("data_offsets", offsets);
            root.add(entry.getKey(), info);
        }
        String json = root.toString();
        int bytes = json.getBytes(StandardCharsets.UTF_8).length;
        return (json + " ".repeat((8 - bytes % 8) % 8)).getBytes(StandardCharsets.UTF_8);
    }

    private static void write(Stored tensor, OutputStream out) throws IOException {
        float[] values = tensor.values.read();
        int chunk = 1 << 18;
        ByteBuffer buffer = ByteBuffer.allocate(chunk * tensor.dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int from = 0; from < values.length; from += chunk) {
            buffer.clear();
            for (int i = from; i < Math.min(values.length, from + chunk); i++) {
                switch (tensor.dtype) {
                    case F16 -> buffer.putShort(Float.floatToFloat16(values[i]));
                    case BF16 -> buffer.putShort(DType.floatToBfloat16(values[i]));
                    default -> buffer.putFloat(values[i]);
                }
            }
            out.write(buffer.array(), 0, buffer.position());
        }
    }
}
