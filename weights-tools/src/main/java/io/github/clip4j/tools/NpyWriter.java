package io.github.clip4j.tools;

import io.github.clip4j.core.Shape;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jetbrains.bio.npy.NpyFile;

/// Writes npy files, little-endian and in row-major order. The file appears under its name only when it is complete.
public final class NpyWriter {
    private NpyWriter() {}

    /// Writes float32.
    ///
    /// @param file replaced when it exists
    /// @param values in row-major order
    /// @param shape of the array
    /// @throws IllegalArgumentException when the values do not fit the shape
    /// @throws IOException when the file cannot be written
    public static void writeFloats(Path file, float[] values, Shape shape) throws IOException {
        require(values.length, shape);
        AtomicFile.write(file, temporary -> NpyFile.write(temporary, values, shape.toArray(), ByteOrder.LITTLE_ENDIAN));
    }

    /// Writes int32.
    ///
    /// @param file replaced when it exists
    /// @param values in row-major order
    /// @param shape of the array
    /// @throws IllegalArgumentException when the values do not fit the shape
    /// @throws IOException when the file cannot be written
    public static void writeInts(Path file, int[] values, Shape shape) throws IOException {
        require(values.length, shape);
        AtomicFile.write(file, temporary -> NpyFile.write(temporary, values, shape.toArray(), ByteOrder.LITTLE_ENDIAN));
    }

    /// Writes unsigned bytes. The npy library has signed ones only, so the header is written here.
    ///
    /// @param file replaced when it exists
    /// @param values in row-major order
    /// @param shape of the array
    /// @throws IllegalArgumentException when the values do not fit the shape
    /// @throws IOException when the file cannot be written
    public static void writeUnsignedBytes(Path file, byte[] values, Shape shape) throws IOException {
        require(values.length, shape);
        write(file, "|u1", values, shape);
    }

    /// Writes float16, rounded to nearest; the npy library has no such type.
    ///
    /// @param file replaced when it exists
    /// @param values in row-major order
    /// @param shape of the array
    /// @throws IllegalArgumentException when the values do not fit the shape
    /// @throws IOException when the file cannot be written
    public static void writeHalfFloats(Path file, float[] values, Shape shape) throws IOException {
        require(values.length, shape);
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, 2)).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putShort(Float.floatToFloat16(value));
        }
        write(file, "<f2", bytes.array(), shape);
    }

    private static void write(Path file, String descr, byte[] values, Shape shape) throws IOException {
        String dims = IntStream.of(shape.toArray()).mapToObj(dim -> dim + ",").collect(Collectors.joining(" "));
        String dict = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }".formatted(descr, dims);
        int prefix = 10; // magic, version, length
        int padding = 63 - (prefix + dict.length()) % 64; // the data begin at a multiple of 64, after a newline
        byte[] header = (dict + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
        AtomicFile.write(file, temporary -> {
            try (OutputStream out = Files.newOutputStream(temporary)) {
                out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) header.length, (byte) (header.length >> 8)});
                out.write(header);
                out.write(values);
            }
        });
    }

    private static void require(int values, Shape shape) {
        if (values != shape.elements()) {
            throw new IllegalArgumentException("npy %s: expected %d values, got %d".formatted(shape, shape.elements(), values));
        }
    }
}
