package io.github.clip4j.image;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// The compressions of TIFF that know nothing of images (TIFF 6.0, sections 9, 13 and 14; Adobe's technical notes on TIFF). What libtiff
/// calls an error is one here.
final class TiffCodec implements AutoCloseable {
    static final int LZW = 5;
    static final int DEFLATE = 8;
    static final int OLD_DEFLATE = 32946;
    static final int PACK_BITS = 32773;

    private static final int CLEAR = 256;
    private static final int END = 257;
    private static final int FIRST = 258;
    private static final int MOST_BITS = 12;
    private static final int TABLE = 1 << MOST_BITS;

    private final int compression;
    private final Source source;
    private final Inflater inflater = new Inflater();
    private final short[] prefix;
    private final byte[] last;
    private final byte[] head;
    private final short[] length;

    TiffCodec(int compression, Source source) {
        this.compression = compression;
        this.source = source;
        int entries = compression == LZW ? TABLE : 0;
        prefix = new short[entries];
        last = new byte[entries];
        head = new byte[entries];
        length = new short[entries];
    }

    /// The greatest number of bytes that one compressed byte may stand for, rounded up.
    static long mostOfAByte(int compression) {
        return switch (compression) {
            case LZW -> TABLE;
            case PACK_BITS -> 64;
            default -> 1032;
        };
    }

    /// Fills the first `size` bytes of `out`.
    void decode(byte[] in, int from, int to, byte[] out, int size) throws ImageFormatException {
        int done = switch (compression) {
            case LZW -> lzw(in, from, to, out, size);
            case PACK_BITS -> packBits(in, from, to, out, size);
            default -> inflate(in, from, to, out, size);
        };
        if (done < size) {
            throw source.refused("a TIFF file whose data end early: expected %,d bytes in a strip or tile, got %,d", size, done);
        }
    }

    private int inflate(byte[] in, int from, int to, byte[] out, int size) throws ImageFormatException {
        inflater.reset();
        inflater.setInput(in, from, to - from);
        int done = 0;
        try {
            while (done < size) {
                int n = inflater.inflate(out, done, size - done);
                done += n;
                if (n == 0 && (inflater.finished() || inflater.needsInput() || inflater.needsDictionary())) {
                    break;
                }
            }
        } catch (DataFormatException e) {
            throw new ImageFormatException("%s: a TIFF file whose data cannot be inflated: %s".formatted(source, e.getMessage()), e);
        }
        return done;
    }

    private static int packBits(byte[] in, int from, int to, byte[] out, int size) {
        int at = from;
        int done = 0;
        while (done < size && at < to) {
            int n = in[at++];
            if (n >= 0) {
                int count = Math.min(n + 1, to - at);
                int kept = Math.min(count, size - done);
                System.arraycopy(in, at, out, done, kept);
                at += count;
                done += kept;
            } else if (n != -128 && at < to) {
                int kept = Math.min(1 - n, size - done);
                Arrays.fill(out, done, done + kept, in[at++]);
                done += kept;
            }
        }
        return done;
    }

    /// Codes of 9 to 12 bits, the highest bit first; they grow one code early (TIFF 6.0, section 13).
    private int lzw(byte[] in, int from, int to, byte[] out, int size) throws ImageFormatException {
        if (to - from > 1 && in[from] == 0 && (in[from + 1] & 1) != 0) {
            throw source.refused("a TIFF file with the LZW codes of old writers, the lowest bit first; save it again");
        }
        int at = from;
        int buffer = 0;
        int buffered = 0;
        int bits = 9;
        int next = FIRST;
        int before = -1;
        int done = 0;
        while (done < size) {
            while (buffered < bits) {
                if (at >= to) {
                    return done;
                }
                buffer = buffer << 8 | (in[at++] & 0xff);
                buffered += 8;
            }
            int code = (buffer >>> (buffered - bits)) & ((1 << bits) - 1);
            buffered -= bits;
            if (code == CLEAR) {
                bits = 9;
                next = FIRST;
                before = -1;
                continue;
            }
            if (code == END) {
                return done;
            }
            if (before < 0 ? code > 255 : code > next || (code == next && next >= TABLE)) {
                throw source.refused("a TIFF file with a wrong LZW code: expected at most %d, got %d", before < 0 ? 255 : next, code);
            }
            if (before >= 0 && next < TABLE) {
                prefix[next] = (short) before;
                head[next] = before < CLEAR ? (byte) before : head[before];
                length[next] = (short) (before < CLEAR ? 2 : length[before] + 1);
                last[next] = code == next ? head[next] : code < CLEAR ? (byte) code : head[code];
                next++;
                if (next > (1 << bits) - 2 && bits < MOST_BITS) {
                    bits++;
                }
            }
            done = write(code, out, done, size);
            before = code;
        }
        return done;
    }

    /// Writes what a code stands for, from its end. What does not fit is dropped.
    private int write(int code, byte[] out, int done, int size) {
        int count = code < CLEAR ? 1 : length[code];
        int walked = code;
        for (int i = count - 1; i >= 0; i--) {
            byte value = walked < CLEAR ? (byte) walked : last[walked];
            if (done + i < size) {
                out[done + i] = value;
            }
            walked = walked < CLEAR ? walked : prefix[walked];
        }
        return Math.min(size, done + count);
    }

    @Override
    public void close() {
        inflater.end();
    }

    /// Undoes the differences of a row (TIFF 6.0, section 14).
    ///
    /// @param bits of a sample, 8, 16 or 32
    /// @param step samples to the one that is added
    static void sum(byte[] row, int at, int rowBytes, int bits, int step, boolean bigEndian) {
        int size = bits / 8;
        for (int i = at + step * size; i + size <= at + rowBytes; i += size) {
            int carry = 0;
            for (int b = 0; b < size; b++) { // from the least significant byte on
                int place = i + (bigEndian ? size - 1 - b : b);
                carry += (row[place] & 0xff) + (row[place - step * size] & 0xff);
                row[place] = (byte) carry;
                carry >>= 8;
            }
        }
    }

    /// Undoes the differences of floating point numbers, whose bytes are stored by their significance (Adobe's technical note 3).
    static void sumFloats(byte[] row, int at, int rowBytes, int step, boolean bigEndian) {
        for (int i = at + step; i < at + rowBytes; i++) {
            row[i] += row[i - step];
        }
        byte[] planes = Arrays.copyOfRange(row, at, at + rowBytes);
        int count = rowBytes / 4;
        for (int i = 0; i < count; i++) {
            for (int b = 0; b < 4; b++) {
                row[at + 4 * i + (bigEndian ? b : 3 - b)] = planes[b * count + i];
            }
        }
    }
}
