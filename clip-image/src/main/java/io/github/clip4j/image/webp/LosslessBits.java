package io.github.clip4j.image.webp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The bits of a lossless image: from the least significant bit of each byte to the most significant (RFC 9649, section 3.3).
final class LosslessBits {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] data;
    private int at;
    private final int end;
    /// The next bits, the first one lowest. Those above [#available] are 0 or what follows.
    private long window;
    private int available;

    /// The bits of the bytes from `start` to `end`. libwebp's reader starts with eight bytes in its window and counts those that are
    /// missing as 0.
    LosslessBits(byte[] data, int start, int end) {
        boolean small = end - start < Long.BYTES;
        this.data = small ? Arrays.copyOf(Arrays.copyOfRange(data, start, end), Long.BYTES) : data;
        this.at = small ? 0 : start;
        this.end = small ? Long.BYTES : end;
    }

    /// A number of `length` bits, 0 to 24.
    int read(int length) throws WebpException {
        if (available < length) {
            fill();
        }
        int number = (int) window & ((1 << length) - 1);
        skip(length);
        return number;
    }

    boolean flag() throws WebpException {
        return read(1) == 1;
    }

    /// At least the next 32 bits, with zeros behind the end of the data.
    int peek() {
        if (available < 32) {
            fill();
        }
        return (int) window;
    }

    /// Drops `length` bits of those that [#peek] showed.
    void skip(int length) throws WebpException {
        if (length > available) {
            throw new WebpException("VP8L: the data is cut short: expected more pixels");
        }
        window >>>= length;
        available -= length;
    }

    /// How many bits there are still.
    long left() {
        return available + 8L * (end - at);
    }

    private void fill() {
        if (end - at >= Long.BYTES) {
            window |= (long) LONG.get(data, at) << available;
            int bytes = (63 - available) >> 3;
            at += bytes;
            available += 8 * bytes;
        } else {
            while (available <= 56 && at < end) {
                window |= (data[at++] & 0xffL) << available;
                available += 8;
            }
        }
    }
}
