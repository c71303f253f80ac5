package io.github.clip4j.image.webp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The boolean entropy decoder of VP8 (RFC 6386, section 7): an arithmetic decoder of single bits, each with its probability of being 0.
///
/// The decoder keeps an interval of `range` numbers, 128 to 255. A bit of probability `p` splits it at `1 + (range − 1)·p / 256`; the
/// number formed by the next eight bits of data says on which side it lies. That side becomes the interval, and both are shifted left until
/// the interval is at least 128 again. So a probable bit consumes a small fraction of a bit of data.
final class BoolDecoder {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final byte[] data;
    private int at;
    private final int end;
    private final boolean empty;

    /// Data not yet consumed; the eight bits that are compared lie `bits` above the lowest.
    private long value;
    /// How many bits of `value` follow the eight; negative when some of the eight are missing.
    private int bits = -8;
    /// The interval's size − 1.
    private int range = 254;

    /// A decoder of the bytes from `start` to `end`.
    BoolDecoder(byte[] data, int start, int end) {
        this.data = data;
        this.at = start;
        this.end = end;
        this.empty = start >= end;
    }

    /// Whether there was no data to begin with.
    boolean isEmpty() {
        return empty;
    }

    /// The next bit.
    ///
    /// @param probability that it is 0, in 256ths
    /// @throws WebpException when the data has ended
    int bit(int probability) throws WebpException {
        if (bits < 0) {
            load();
        }
        int split = (range * probability) >> 8;
        int size;
        int bit;
        if (Integer.compareUnsigned((int) (value >>> bits), split) > 0) { // unsigned: in damaged data it can lie beyond the interval
            value -= (split + 1L) << bits;
            size = range - split;
            bit = 1;
        } else {
            size = split + 1;
            bit = 0;
        }
        int shift = Integer.numberOfLeadingZeros(size) - 24; // to at least 128
        range = (size << shift) - 1;
        bits -= shift;
        return bit;
    }

    /// A bit as likely 0 as 1.
    boolean flag() throws WebpException {
        return bit(128) == 1;
    }

    /// A number of `length` bits, the most significant one first.
    int number(int length) throws WebpException {
        int number = 0;
        for (int i = 0; i < length; i++) {
            number = number << 1 | bit(128);
        }
        return number;
    }

    /// A number of `length` bits and its sign.
    int signedNumber(int length) throws WebpException {
        int number = number(length);
        return flag() ? -number : number;
    }

    /// A flag, and if it is set a number of `length` bits and its sign; else 0.
    int optionalNumber(int length) throws WebpException {
        return flag() ? signedNumber(length) : 0;
    }

    private void load() throws WebpException {
        if (end - at >= Long.BYTES) {
            value = value << 56 | (long) LONG.get(data, at) >>> 8;
            at += 7;
            bits += 56;
        } else if (at < end) {
            value = value << 8 | (data[at++] & 0xff);
            bits += 8;
        } else {
            throw new WebpException("VP8: the data is cut short: a partition ends before the last of its macroblocks");
        }
    }
}
