package io.github.clip4j.core.format.safetensors;

import io.github.clip4j.core.format.Budget;
import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.FloatDecoder;
import io.github.clip4j.core.format.ForeignFile;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;

/// One safetensors file.
public final class SafetensorsFile implements WeightSource {
    private static final float[] NO_BUFFER = {};

    private final ByteSource source;
    private final SafetensorsHeader header;

    private SafetensorsFile(ByteSource source, SafetensorsHeader header) {
        this.source = source;
        this.header = header;
    }

    /// Opens a file and validates all of its header.
    ///
    /// @throws WeightFormatException when the header breaks a rule of the format
    public static SafetensorsFile open(Path path) throws IOException {
        return open(ByteSource.open(path));
    }

    /// The same for bytes of any origin, which are closed with the result, or when they are refused.
    public static SafetensorsFile open(ByteSource source) throws IOException {
        try {
            String file = source.name();
            long size = source.size();
            if (!looksLikeOne(source)) {
                ForeignFile.refuse(source);
                ForeignFile.refuseText(source);
            }
            if (size < SafetensorsHeader.LENGTH_BYTES) {
                throw new WeightFormatException("%s: expected a safetensors file of at least 8 bytes, got %d".formatted(file, size));
            }
            long length = SafetensorsHeader.length(source.bytes(0, SafetensorsHeader.LENGTH_BYTES));
            byte[] json = source.bytes(SafetensorsHeader.LENGTH_BYTES, SafetensorsHeader.checkLength(length, size, file));
            return new SafetensorsFile(source, SafetensorsHeader.parse(json, size, file, Budget.of(source)));
        } catch (IOException | RuntimeException e) {
            source.close();
            throw e;
        }
    }

    /// Whether a file begins as one of this format does: with the length of its header and a brace.
    public static boolean looksLikeOne(ByteSource source) throws IOException {
        return SafetensorsHeader.looksLikeOne(source.start(SafetensorsHeader.LENGTH_BYTES + 1), source.size());
    }

    @Override
    public String location() {
        return source.name();
    }

    @Override
    public SortedMap<String, TensorInfo> tensors() {
        return header.tensors();
    }

    /// The free-form strings under `__metadata__`.
    public Map<String, String> metadata() {
        return header.metadata();
    }

    @Override
    public float[] read(String name) throws IOException {
        return read(name, NO_BUFFER);
    }

    @Override
    public float[] read(String name, int first, int count, float[] buffer) throws IOException {
        TensorInfo tensor = TensorInfo.require(this, name);
        Objects.checkFromIndexSize(first, count, tensor.shape().elements());
        long begin = Objects.requireNonNull(header.begins().get(name)) + (long) first * tensor.dtype().bytes();
        float[] values = FloatDecoder.arrayFor(count, buffer);
        FloatDecoder.read(source, begin, tensor.dtype(), ByteOrder.LITTLE_ENDIAN, values, count, source.name() + ": tensor " + name);
        return values;
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
