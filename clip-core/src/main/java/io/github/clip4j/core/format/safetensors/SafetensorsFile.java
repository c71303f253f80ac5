package io.github.clip4j.core.format.safetensors;

import io.github.clip4j.core.weights.FloatDecoder;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;

/// One safetensors file.
public final class SafetensorsFile implements WeightSource {
    private static final float[] NO_BUFFER = {};

    private final String file;
    private final FileChannel channel;
    private final SafetensorsHeader header;

    private SafetensorsFile(String file, FileChannel channel, SafetensorsHeader header) {
        this.file = file;
        this.channel = channel;
        this.header = header;
    }

    /// Opens a file and validates all of its header.
    ///
    /// @throws WeightFormatException when the header breaks a rule of the format
    public static SafetensorsFile open(Path path) throws IOException {
        String file = String.valueOf(path.getFileName());
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            long size = channel.size();
            if (size < SafetensorsHeader.LENGTH_BYTES) {
                throw new WeightFormatException("%s: expected a safetensors file of at least 8 bytes, got %d".formatted(file, size));
            }
            long length = SafetensorsHeader.length(readFully(channel, 0, SafetensorsHeader.LENGTH_BYTES, file));
            byte[] json = readFully(
                    channel, SafetensorsHeader.LENGTH_BYTES, SafetensorsHeader.checkLength(length, size, file), file);
            return new SafetensorsFile(file, channel, SafetensorsHeader.parse(json, size, file));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static byte[] readFully(FileChannel channel, long position, int bytes, String file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new WeightFormatException(file + ": the file was cut short while it was read");
            }
        }
        return buffer.array();
    }

    @Override
    public String location() {
        return file;
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
    public float[] read(String name, float[] buffer) throws IOException {
        TensorInfo tensor = TensorInfo.require(this, name);
        long begin = Objects.requireNonNull(header.begins().get(name));
        int count = tensor.shape().elements();
        float[] values = buffer.length >= count && buffer.length > 0 ? buffer : new float[count];
        FloatDecoder.read(channel, begin, tensor.dtype(), ByteOrder.LITTLE_ENDIAN, values, count, file + ": tensor " + name);
        return values;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
