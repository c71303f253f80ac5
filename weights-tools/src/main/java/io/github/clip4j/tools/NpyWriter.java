package io.github.clip4j.tools;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Writes npy files, little-endian and in row-major order. The file appears under its name only when it is complete ([OutputFile]).
public final class NpyWriter {
    /// Elements that are converted to bytes at a time.
    private static final int CHUNK = 1 << 16;

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
        write(file, "<f4", shape, out -> writeFloats(values, out));
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
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, 4)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        write(file, "<i4", shape, out -> out.write(bytes.array()));
    }

    /// Writes unsigned bytes.
    ///
    /// @param file replaced when it exists
    /// @param values in row-major order
    /// @param shape of the array
    /// @throws IllegalArgumentException when the values do not fit the shape
    /// @throws IOException when the file cannot be written
    public static void writeUnsignedBytes(Path file, byte[] values, Shape shape) throws IOException {
        require(values.length, shape);
        write(file, "|u1", shape, out -> out.write(values));
    }

    /// Writes float16, rounded to nearest.
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
        write(file, "<f2", shape, out -> out.write(bytes.array()));
    }

    /// Writes an npz archive of float32 arrays, not compressed, as `numpy.savez` does.
    ///
    /// @param file replaced when it exists
    /// @param arrays by name
    /// @throws IOException when the file cannot be written
    public static void writeArchive(Path file, Map<String, Tensor> arrays) throws IOException {
        OutputFile.write(file, out -> {
            ZipOutputStream zip = new ZipOutputStream(out);
            zip.setLevel(Deflater.NO_COMPRESSION);
            for (Map.Entry<String, Tensor> array : arrays.entrySet()) {
                zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
                zip.write(header("<f4", array.getValue().shape().toArray()));
                writeFloats(array.getValue().toArray(), zip);
                zip.closeEntry();
            }
            zip.finish();
        });
    }

    private static void write(Path file, String descr, Shape shape, OutputFile.Content data) throws IOException {
        OutputFile.write(file, out -> {
            out.write(header(descr, shape.toArray()));
            data.writeTo(out);
        });
    }

    private static void writeFloats(float[] values, OutputStream out) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.min(values.length, CHUNK) * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int from = 0; from < values.length; from += CHUNK) {
            int count = Math.min(CHUNK, values.length - from);
            bytes.asFloatBuffer().put(values, from, count);
            out.write(bytes.array(), 0, count * Float.BYTES);
        }
    }

    /// Magic, version 1.0 and the dictionary, which ends so that the data begin at a multiple of 64: at 128 for up to two extents, whatever
    /// they are.
    private static byte[] header(String descr, long... extents) {
        String dims = IntStream.range(0, extents.length).mapToObj(i -> extents[i] + ",").collect(Collectors.joining(" "));
        String dict = String.format(Locale.ROOT, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, dims);
        int prefix = 10; // magic, version, length
        int padding = 63 - (prefix + dict.length()) % 64; // a newline is the last byte
        byte[] text = (dict + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(prefix + text.length)
                .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) text.length, (byte) (text.length >> 8)})
                .put(text).array();
    }

    private static byte[] header(String descr, int[] extents) {
        return header(descr, IntStream.of(extents).asLongStream().toArray());
    }

    private static void require(int values, Shape shape) {
        if (values != shape.elements()) {
            throw new IllegalArgumentException("npy %s: expected %d values, got %d".formatted(shape, shape.elements(), values));
        }
    }

    /// {@return a float32 array `[n, width]` whose rows come one by one: n need not be known, nor fit into memory}
    ///
    /// @param file where the array appears at [Rows#commit()]; the caller closes it by the rows
    /// @param width of each row
    /// @throws IOException when the file cannot be written
    public static Rows rows(OutputFile file, int width) throws IOException {
        return new Rows(file, width);
    }

    /// The rows of an array that is being written.
    public static final class Rows implements Closeable {
        private final OutputFile file;
        private final int width;
        private long count;

        private Rows(OutputFile file, int width) throws IOException {
            this.file = file;
            this.width = width;
            file.out().write(header("<f4", 0L, width));
        }

        /// Adds a row.
        ///
        /// @param row only read
        /// @throws IllegalArgumentException when it has another width
        /// @throws IOException when it cannot be written
        public void add(float[] row) throws IOException {
            if (row.length != width) {
                throw new IllegalArgumentException("npy row %d: expected %d values, got %d".formatted(count, width, row.length));
            }
            writeFloats(row, file.out());
            count++;
        }

        /// Makes the array appear under its name.
        ///
        /// @throws IOException when it cannot be written
        public void commit() throws IOException {
            file.overwriteStart(header("<f4", count, width));
            file.commit();
        }

        /// Removes what was not committed.
        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
