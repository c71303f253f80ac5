package io.github.clip4j.core.format.npy;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.FloatDecoder;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// An array read from an npy file: versions 1 to 3, either byte order, C or Fortran order. Immutable.
///
/// Numbers come out in row-major (C) order whatever the file's order is.
public final class NpyArray {
    private final String where;
    private final NpyHeader header;
    private final ByteBuffer data;

    private NpyArray(String where, NpyHeader header, ByteBuffer data) {
        this.where = where;
        this.header = header;
        this.data = data;
    }

    /// Reads a whole file.
    ///
    /// @throws WeightFormatException when it is malformed, holds Python objects or structures, or has not exactly the bytes its shape needs
    public static NpyArray read(Path path) throws IOException {
        try (ByteSource source = ByteSource.open(path); InputStream in = new BufferedInputStream(source.stream(0, source.size()))) {
            return read(in, source.size(), source.name());
        }
    }

    /// Reads an array of which `size` bytes, the header included, are promised; nothing larger is allocated.
    static NpyArray read(InputStream in, long size, String where) throws IOException {
        NpyHeader header = readHeader(in, size, where);
        if (header.dataBytes() > Integer.MAX_VALUE - 8) {
            throw new WeightFormatException("%s: expected at most 2^31 bytes of data, got %,d".formatted(where, header.dataBytes()));
        }
        byte[] bytes = in.readNBytes((int) header.dataBytes());
        if (bytes.length < header.dataBytes() || in.read() >= 0) {
            throw new WeightFormatException(
                    "%s: expected %,d bytes of data, got %s".formatted(where, header.dataBytes(), bytes.length < header.dataBytes()
                            ? "%,d".formatted(bytes.length)
                            : "more"));
        }
        return new NpyArray(where, header, ByteBuffer.wrap(bytes).order(header.order()));
    }

    static NpyHeader readHeader(InputStream in, long size, String where) throws IOException {
        NpyHeader header = NpyHeader.read(in, where);
        if (header.dataBytes() != size - header.length()) {
            throw new WeightFormatException("%s: expected %,d bytes of data for %s %s, got %,d"
                    .formatted(where, header.dataBytes(), header.dtype(), header.shape(), size - header.length()));
        }
        return header;
    }

    /// How the elements are stored.
    public DType dtype() {
        return header.dtype();
    }

    /// The extents.
    public Shape shape() {
        return header.shape();
    }

    /// The elements as float32: exact for F16, rounded to nearest for F64.
    ///
    /// @throws WeightFormatException when they are integers or booleans
    public float[] floats() throws WeightFormatException {
        if (!header.dtype().isFloat()) {
            throw new WeightFormatException("%s: expected an array of floats, got %s".formatted(where, header.dtype()));
        }
        float[] values = new float[header.shape().elements()];
        FloatDecoder.decode(data.duplicate().order(data.order()), header.dtype(), values, 0, values.length);
        if (!header.fortran()) {
            return values;
        }
        float[] rowMajor = new float[values.length];
        FortranOrder order = new FortranOrder(header.shape());
        for (float value : values) {
            rowMajor[order.next()] = value;
        }
        return rowMajor;
    }

    /// The elements as int.
    ///
    /// @throws WeightFormatException when they are floats, or one of them is beyond the range of int
    public int[] ints() throws WeightFormatException {
        FortranOrder order = new FortranOrder(header.shape());
        int[] values = new int[header.shape().elements()];
        for (int at = 0; at < values.length; at++) {
            int i = header.fortran() ? order.next() : at;
            long value =
                    switch (header.dtype()) {
                        case BOOL, U8 -> data.get(at) & 0xff;
                        case I8 -> data.get(at);
                        case U16 -> data.getShort(2 * at) & 0xffff;
                        case I16 -> data.getShort(2 * at);
                        case U32 -> data.getInt(4 * at) & 0xffff_ffffL;
                        case I32 -> data.getInt(4 * at);
                        case I64, U64 -> data.getLong(8 * at);
                        case F16, BF16, F32, F64, F8_E4M3, F8_E5M2 -> throw new WeightFormatException(
                                "%s: expected an array of integers, got %s".formatted(where, header.dtype()));
                    };
            if (value != (int) value) {
                throw new WeightFormatException("%s: expected integers within 32 bits, got %d at index %d".formatted(where, value, i));
            }
            values[i] = (int) value;
        }
        return values;
    }
}
