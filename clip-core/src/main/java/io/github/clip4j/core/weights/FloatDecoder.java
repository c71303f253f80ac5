package io.github.clip4j.core.weights;

import io.github.clip4j.core.DType;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;

/// Reads stored floats as float32.
public final class FloatDecoder {
    private static final int CHUNK_BYTES = 1 << 20; // stays in L2 between the copy from the page cache and the decoding

    private FloatDecoder() {}

    /// Reads `count` elements of `dtype` from `position` of `channel`.
    ///
    /// The bytes are copied, never mapped: a file that is cut short while it is mapped kills the virtual machine.
    ///
    /// @param where what to call the data in messages
    public static float[] read(FileChannel channel, long position, DType dtype, ByteOrder order, int count, String where)
            throws IOException {
        float[] values = new float[count];
        read(channel, position, dtype, order, values, count, where);
        return values;
    }

    /// The same into the first `count` elements of `values`.
    public static void read(FileChannel channel, long position, DType dtype, ByteOrder order, float[] values, int count, String where)
            throws IOException {
        int chunk = CHUNK_BYTES / dtype.bytes();
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(CHUNK_BYTES, (long) count * dtype.bytes())).order(order);
        for (int done = 0; done < count; ) {
            int n = Math.min(chunk, count - done);
            buffer.clear().limit(n * dtype.bytes());
            long at = position + (long) done * dtype.bytes();
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, at + buffer.position()) < 0) {
                    throw new EOFException(where + ": the file was cut short while it was read");
                }
            }
            decode(buffer.flip(), dtype, values, done, n);
            done += n;
        }
    }

    /// Decodes the next `n` elements of `source`, in its byte order.
    public static void decode(ByteBuffer source, DType dtype, float[] values, int offset, int n) {
        switch (dtype) {
            case F32 -> source.asFloatBuffer().get(values, offset, n);
            case F64 -> {
                for (int i = 0; i < n; i++) {
                    values[offset + i] = (float) source.getDouble(source.position() + i * Double.BYTES);
                }
            }
            case F16 -> {
                ShortBuffer bits = source.asShortBuffer();
                for (int i = 0; i < n; i++) {
                    values[offset + i] = Float.float16ToFloat(bits.get(i));
                }
            }
            case BF16 -> {
                ShortBuffer bits = source.asShortBuffer();
                for (int i = 0; i < n; i++) {
                    values[offset + i] = DType.bfloat16ToFloat(bits.get(i));
                }
            }
            case BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, I32, U32, I64, U64 ->
                    throw new IllegalArgumentException("not a float: " + dtype);
        }
    }
}
