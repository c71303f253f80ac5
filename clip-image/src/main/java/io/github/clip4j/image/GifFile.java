package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// GIF files (CompuServe, "Graphics Interchange Format", version 89a): the first frame on its screen, whose other pixels have the frame's
/// transparent colour, or colour 0 when it has none (python-pillow/Pillow `GifImagePlugin.py`, `GifDecode.c`).
final class GifFile {
    private static final int TABLE = 4096;
    private static final int MOST_BITS = 12;

    private final byte[] bytes;
    private final Source source;
    private int at;
    private int width;
    private int height;
    private int @Nullable [] palette;
    private int transparent = -1;

    private GifFile(byte[] bytes, Source source) {
        this.bytes = bytes;
        this.source = source;
    }

    static boolean isGif(byte[] bytes) {
        return bytes.length > 6 && bytes[0] == 'G' && bytes[1] == 'I' && bytes[2] == 'F' && bytes[3] == '8'
                && (bytes[4] == '7' || bytes[4] == '9') && bytes[5] == 'a';
    }

    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        return new GifFile(bytes, source).decode();
    }

    private int u8(int position) throws ImageFormatException {
        if (position >= bytes.length) {
            throw source.refused("the file is cut short: expected a first frame of GIF, got the end at byte %d", bytes.length);
        }
        return bytes[position] & 0xff;
    }

    private int u16(int position) throws ImageFormatException {
        return u8(position) | u8(position + 1) << 8;
    }

    private Image decode() throws ImageFormatException {
        width = u16(6);
        height = u16(8);
        int flags = u8(10);
        at = 13;
        if ((flags & 0x80) != 0) {
            palette = palette(2 << (flags & 7));
        }
        while (u8(at) != ',') {
            int block = u8(at++);
            if (block == ';') {
                throw source.refused("a GIF file without an image");
            }
            if (block == '!') {
                extension();
            }
        }
        return frame();
    }

    /// Colours, or null for a ramp of grey, which Pillow treats as no palette.
    private int @Nullable [] palette(int colors) throws ImageFormatException {
        int[] read = new int[colors];
        boolean grey = true;
        for (int i = 0; i < colors; i++, at += 3) {
            read[i] = u8(at) << 16 | u8(at + 1) << 8 | u8(at + 2);
            grey &= read[i] == i * 0x010101;
        }
        return grey ? null : read;
    }

    private void extension() throws ImageFormatException {
        int label = u8(at++);
        int length = u8(at);
        if (label == 0xf9 && length > 0 && (u8(at + 1) & 1) != 0) {
            transparent = u8(at + 4);
        }
        skipBlocks();
        if (length == 0 && label != 0xfe) { // Pillow takes what follows an empty extension for its rest
            skipBlocks();
        }
    }

    /// Blocks, each after its length, up to an empty one.
    private void skipBlocks() throws ImageFormatException {
        while (u8(at) != 0) {
            at += 1 + u8(at);
        }
        at++;
    }

    private Image frame() throws ImageFormatException {
        int left = u16(at + 1);
        int top = u16(at + 3);
        int frameWidth = u16(at + 5);
        int frameHeight = u16(at + 7);
        int flags = u8(at + 9);
        at += 10;
        width = Math.max(width, left + frameWidth); // a screen grows to hold its first frame
        height = Math.max(height, top + frameHeight);
        source.requirePixels(width, height);
        source.requirePixels(frameWidth, frameHeight);
        if ((flags & 0x80) != 0) {
            palette = palette(2 << (flags & 7));
        }
        int bits = u8(at++);
        if (bits > MOST_BITS) {
            throw source.refused("a damaged GIF file: expected codes of at most %d bits, got %d", MOST_BITS, bits);
        }
        requireData((long) frameWidth * frameHeight);
        Mode mode = palette == null ? Mode.GREY : Mode.PALETTE;
        byte[] indices = source.samples(width, height, mode);
        Arrays.fill(indices, (byte) Math.max(0, transparent));
        new Codes(bits, (flags & 0x40) != 0, indices, top * width + left, frameWidth, frameHeight).decode();
        return new Image(width, height, mode, indices, palette);
    }

    /// A code has at least 3 bits, and the n-th one after a start stands for at most n pixels.
    private void requireData(long pixels) throws ImageFormatException {
        long most = (bytes.length - at) * 8L / 3 * TABLE;
        if (pixels > most) {
            source.damaged("expected %,d pixels, got data for at most %,d".formatted(pixels, most));
        }
    }

    /// The codes of variable length of a frame (GIF89a, appendix F).
    private final class Codes {
        private final int bits;
        private final byte[] out;
        private final int start;
        private final int frameWidth;
        private final int frameHeight;
        private int x;
        private int y;
        private int step;
        /// Of the four passes of an interlaced frame; 0 for the last one and for a frame that has no passes.
        private int pass;

        private int block;
        private int buffer;
        private int buffered;

        Codes(int bits, boolean interlaced, byte[] out, int start, int frameWidth, int frameHeight) {
            this.bits = bits;
            this.out = out;
            this.start = start;
            this.frameWidth = frameWidth;
            this.frameHeight = frameHeight;
            this.pass = interlaced ? 1 : 0;
            this.step = interlaced ? 8 : 1;
        }

        void decode() throws ImageFormatException {
            int clear = 1 << bits;
            int[] link = new int[TABLE];
            byte[] data = new byte[TABLE];
            byte[] string = new byte[TABLE + 1];
            int next = clear + 2;
            int size = bits + 1;
            int lastCode = -1; // right after a clear code
            int lastData = 0;
            while (true) {
                int code = code(size);
                if (code < 0) {
                    return;
                }
                if (code == clear) {
                    if (lastCode >= 0) {
                        next = clear + 2;
                        size = bits + 1;
                        lastCode = -1;
                    }
                    continue;
                }
                if (code == clear + 1) {
                    source.damaged("the frame ends early: %s".formatted(progress()));
                    return;
                }
                int from = TABLE + 1;
                if (lastCode < 0) {
                    if (code > clear) {
                        source.damaged("expected a pixel after a clear code, got the code %d: %s".formatted(code, progress()));
                        return;
                    }
                    lastData = code;
                    string[--from] = (byte) code;
                } else {
                    int walked = code;
                    if (code > next) {
                        source.damaged("expected a code up to %d, got %d: %s".formatted(next, code, progress()));
                        return;
                    }
                    if (code == next) {
                        string[--from] = (byte) lastData;
                        walked = lastCode;
                    }
                    while (walked >= clear) {
                        if (from <= 1 || walked >= TABLE) {
                            source.damaged("a code stands for no pixels: %s".formatted(progress()));
                            return;
                        }
                        string[--from] = data[walked];
                        walked = link[walked];
                    }
                    lastData = walked;
                    string[--from] = (byte) walked;
                    if (next < TABLE) {
                        data[next] = (byte) walked;
                        link[next] = lastCode;
                        if (next == (1 << size) - 1 && size < MOST_BITS) {
                            size++;
                        }
                        next++;
                    }
                }
                lastCode = code;
                if (put(string, from)) {
                    return;
                }
            }
        }

        private String progress() {
            return "row %d of %d".formatted(y, frameHeight);
        }

        /// The next code; −1 where the data end.
        private int code(int size) throws ImageFormatException {
            while (buffered < size) {
                if (block == 0) { // blocks, each after its length; one that is cut short is not read
                    if (at >= bytes.length || at + 1 + (bytes[at] & 0xff) > bytes.length) {
                        source.damaged("the data end early: %s".formatted(progress()));
                        return -1;
                    }
                    block = bytes[at++] & 0xff;
                    continue;
                }
                buffer |= (bytes[at++] & 0xff) << buffered;
                buffered += 8;
                block--;
            }
            int code = buffer & (1 << size) - 1;
            buffer >>>= size;
            buffered -= size;
            return code;
        }

        /// Writes pixels. Returns whether the frame is full.
        private boolean put(byte[] string, int from) {
            int i = from;
            while (i < string.length) {
                int run = Math.min(string.length - i, frameWidth - x);
                System.arraycopy(string, i, out, start + y * width + x, run);
                i += run;
                x += run;
                if (x == frameWidth && !nextRow()) {
                    return true;
                }
            }
            return false;
        }

        private boolean nextRow() {
            x = 0;
            y += step;
            while (y >= frameHeight) {
                switch (pass) {
                    case 1 -> {
                        y = 4;
                        pass = 2;
                    }
                    case 2 -> {
                        step = 4;
                        y = 2;
                        pass = 3;
                    }
                    case 3 -> {
                        step = 2;
                        y = 1;
                        pass = 0;
                    }
                    default -> {
                        return false;
                    }
                }
            }
            return true;
        }
    }
}
