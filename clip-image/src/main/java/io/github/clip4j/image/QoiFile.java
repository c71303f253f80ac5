package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;

/// QOI files (https://qoiformat.org, "The Quite OK Image Format", version 1.0; python-pillow/Pillow `QoiImagePlugin.py`).
final class QoiFile {
    private static final int HEADER = 14;
    private static final int MOST_OF_A_BYTE = 62;

    private QoiFile() {}

    static boolean isQoi(byte[] bytes) {
        return bytes.length > HEADER && bytes[0] == 'q' && bytes[1] == 'o' && bytes[2] == 'i' && bytes[3] == 'f';
    }

    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        long width = (int) Image.WORDS.get(bytes, 4) & 0xffffffffL;
        long height = (int) Image.WORDS.get(bytes, 8) & 0xffffffffL;
        source.requirePixels(width, height);
        if (width * height > (long) (bytes.length - HEADER) * MOST_OF_A_BYTE) {
            throw source.refused("a QOI file that is cut short: expected %d × %d pixels, got %,d bytes", width, height, bytes.length);
        }
        Mode mode = bytes[12] == 3 ? Mode.RGB : Mode.RGBA;
        byte[] samples = source.samples((int) width, (int) height, mode);
        try {
            decode(bytes, samples, mode.bytes());
        } catch (IndexOutOfBoundsException e) {
            throw new ImageFormatException("%s: a QOI file that is cut short: expected %d × %d pixels".formatted(source, width, height), e);
        }
        return new Image((int) width, (int) height, mode, samples, null);
    }

    /// A pixel is 0xRRGGBBAA.
    private static void decode(byte[] bytes, byte[] samples, int channels) {
        int[] seen = new int[64];
        int pixel = 0xff;
        int at = HEADER;
        for (int to = 0; to < samples.length; ) {
            int tag = bytes[at++] & 0xff;
            int run = 1;
            if (tag == 0xfe) {
                pixel = ((int) Image.WORDS.get(bytes, at) & ~0xff) | (pixel & 0xff);
                at += 3;
            } else if (tag == 0xff) {
                pixel = (int) Image.WORDS.get(bytes, at);
                at += 4;
            } else {
                switch (tag >> 6) {
                    case 0 -> pixel = seen[tag];
                    case 1 -> pixel = plus(pixel, (tag >> 4 & 3) - 2, (tag >> 2 & 3) - 2, (tag & 3) - 2);
                    case 2 -> {
                        int green = (tag & 63) - 32;
                        int others = bytes[at++];
                        pixel = plus(pixel, green - 8 + (others >> 4 & 15), green, green - 8 + (others & 15));
                    }
                    default -> run = (tag & 63) + 1;
                }
            }
            if (tag >= 0xfe || tag >> 6 != 3) {
                seen[((pixel >>> 24) * 3 + (pixel >> 16 & 255) * 5 + (pixel >> 8 & 255) * 7 + (pixel & 255) * 11) % 64] = pixel;
            }
            for (int i = 0; i < run && to < samples.length; i++) {
                for (int c = 0; c < channels; c++) {
                    samples[to++] = (byte) (pixel >>> (24 - 8 * c));
                }
            }
        }
    }

    private static int plus(int pixel, int red, int green, int blue) {
        return ((pixel >>> 24) + red) << 24 | (((pixel >> 16) + green) & 255) << 16 | (((pixel >> 8) + blue) & 255) << 8 | (pixel & 255);
    }
}
