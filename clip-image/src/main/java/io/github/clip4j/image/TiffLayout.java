package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// What the samples of a TIFF file mean: the table of what Pillow reads (python-pillow/Pillow `TiffImagePlugin.py`, `OPEN_INFO`).
///
/// @param unpacker from a pixel of the file, or of a plane when `planar`, to samples
/// @param samples of a pixel, in the file
/// @param bits of a sample
/// @param planar whether each kind of sample is stored by itself
record TiffLayout(Unpacker unpacker, int samples, int bits, boolean planar) {
    static final int PHOTOMETRIC = 262;
    static final int RGB = 2;
    static final int CMYK = 5;
    static final int YCBCR = 6;

    private static final int BITS_PER_SAMPLE = 258;
    private static final int FILL_ORDER = 266;
    private static final int SAMPLES_PER_PIXEL = 277;
    private static final int PLANAR = 284;
    private static final int EXTRA_SAMPLES = 338;
    private static final int SAMPLE_FORMAT = 339;
    private static final int PALETTE = 3;
    private static final int LAB = 8;
    private static final int MOST_SAMPLES = 6;
    private static final int MOST_VALUES = 64;

    /// The layout of a file.
    ///
    /// @param compressed whether libtiff reads it for Pillow, and not Pillow itself
    static TiffLayout of(TiffDirectory tags, boolean compressed, boolean jpeg, Source source) throws ImageFormatException {
        long photometric = tags.first(PHOTOMETRIC, 0);
        boolean planar = tags.first(PLANAR, 1) == 2;
        long[] extra = few(tags, EXTRA_SAMPLES, source);
        long[] bits = tags.count(BITS_PER_SAMPLE) == 0 ? new long[] {1} : few(tags, BITS_PER_SAMPLE, source);
        long samples = tags.first(SAMPLES_PER_PIXEL, 1);
        if (planar && extra.length > 0 && LongStream.of(extra).max().orElse(0) == 0) { // planes at the end that say nothing
            bits = Arrays.copyOf(bits, Math.max(0, bits.length - extra.length));
            samples -= extra.length;
            extra = new long[0];
        }
        if (samples < 1 || samples > MOST_SAMPLES) {
            throw source.refused("a TIFF file of %,d samples a pixel: expected 1 to %d", samples, MOST_SAMPLES);
        }
        if (samples < bits.length) {
            bits = Arrays.copyOf(bits, (int) samples);
        } else if (bits.length == 1) {
            long same = bits[0];
            bits = new long[(int) samples];
            Arrays.fill(bits, same);
        }
        long[] formats = tags.count(SAMPLE_FORMAT) == 0 ? new long[] {1} : few(tags, SAMPLE_FORMAT, source);
        String key = "%s, photometric %d, format %s, fill order %d, bits %s, extra %s".formatted(
                tags.isBigEndian() ? "MM" : "II", photometric, LongStream.of(formats).distinct().boxed().toList(),
                tags.first(FILL_ORDER, 1), Arrays.toString(bits), Arrays.toString(extra));
        if (bits.length != samples || LongStream.of(bits).distinct().count() != 1 || bits[0] < 1 || bits[0] > 32) {
            throw unknown(key, source);
        }
        Key parsed = new Key(
                tags.isBigEndian(), Math.clamp(photometric, 0, 1 << 20), formats[0] == 0 ? -1 : Math.clamp(formats[0], 0, 9),
                tags.first(FILL_ORDER, 1), (int) bits[0], (int) samples, Arrays.toString(extra), compressed);
        boolean oneFormat = LongStream.of(formats).distinct().count() == 1;
        Unpacker unpacker = oneFormat ? parsed.unpacker(jpeg, source) : null;
        if (unpacker == null) {
            throw unknown(key, source);
        }
        if (planar && samples > 1) {
            unpacker = plane(unpacker, (int) bits[0], (int) samples, tags.isBigEndian(), compressed, Arrays.toString(extra), source);
        } else if (planar && !compressed && !plainPlane(bits[0], photometric, tags.first(FILL_ORDER, 1))) {
            throw source.refused("an uncompressed TIFF file of %d bits in planes, which Pillow reads wrongly; save it without planes",
                    bits[0]);
        }
        return new TiffLayout(unpacker, (int) samples, (int) bits[0], planar && samples > 1);
    }

    /// Pillow reads the one plane of an uncompressed file by the first letter of its raw mode.
    private static boolean plainPlane(long bits, long photometric, long fillOrder) {
        return fillOrder == 1 && ((bits == 8 && photometric != 0) || (bits == 1 && photometric == 1));
    }

    private static long[] few(TiffDirectory tags, int tag, Source source) throws ImageFormatException {
        if (tags.count(tag) > MOST_VALUES) {
            throw source.refused("a TIFF file with %,d values of tag %d: expected at most %d", tags.count(tag), tag, MOST_VALUES);
        }
        return tags.values(tag);
    }

    private static ImageFormatException unknown(String key, Source source) {
        return source.refused("a TIFF file of samples that Pillow does not read (%s); save it as RGB of 8 bits", key);
    }

    /// What decides on how samples are read.
    private record Key(boolean bigEndian, int photometric, int format, long fillOrder, int bits, int samples, String extra,
            boolean compressed) {
        @Nullable Unpacker unpacker(boolean jpeg, Source source) throws ImageFormatException {
            boolean straight = fillOrder == 1;
            if (!straight && fillOrder != 2) {
                return null;
            }
            if (photometric == LAB && bits == 8 && samples == 3) {
                throw source.refused("a TIFF in Lab colours cannot be converted exactly; save it as RGB");
            }
            if (photometric == YCBCR && !jpeg && samples == 3) {
                throw source.refused("a TIFF in YCbCr without JPEG compression cannot be converted exactly; save it as RGB");
            }
            if (samples == 1) {
                return extra.equals("[]") ? single(straight) : null;
            }
            if (format != 1) {
                return null;
            }
            return switch (photometric) {
                case RGB -> colors(straight);
                case CMYK -> straight ? inks() : null;
                case YCBCR -> straight && samples == 3 && bits == 8 && extra.equals("[]") ? bytes(Mode.RGB, 0, 1, 2) : null;
                case 1 -> straight && samples == 2 && bits == 8 && extra.equals("[2]") ? bytes(Mode.GREY_ALPHA, 0, 1) : null;
                case PALETTE -> {
                    if (samples == 2 && bits == 8 && extra.equals("[2]")) {
                        throw source.refused("a TIFF with a palette and alpha cannot be resized as Pillow does; save it as RGBA");
                    }
                    yield straight && samples == 2 && bits == 8 && extra.equals("[0]") ? bytes(Mode.PALETTE, 0) : null;
                }
                default -> null;
            };
        }

        private @Nullable Unpacker single(boolean straight) {
            boolean white = photometric == 0; // is zero
            if (photometric == PALETTE) {
                return format == 1 && (bits == 1 || bits == 2 || bits == 4 || bits == 8) ? Unpacker.palette(bits) : null;
            }
            if (photometric == YCBCR) {
                return format == 1 && bits == 8 && straight ? Unpacker.grey(8, false) : null;
            }
            if (photometric > 1) {
                return null;
            }
            // libtiff gives words in the order of this machine, and Pillow takes them for words of the file
            boolean wordsBigEndian = bigEndian && !compressed;
            return switch (format << 8 | bits) {
                case 0x101, 0x102, 0x104 -> Unpacker.grey(bits, white);
                case 0x108 -> white || straight || !bigEndian ? Unpacker.grey(8, white) : null;
                case 0x208 -> !white && straight ? Unpacker.grey(8, false) : null;
                case 0x10c -> !bigEndian && !white && straight ? Unpacker.grey12() : null;
                case 0x110 -> bigEndian
                        ? !white && straight ? Unpacker.ofBytes(Mode.GREY16_BIG_ENDIAN, 2, 0, 1) : null
                        : straight || !white ? Unpacker.ofBytes(Mode.GREY16, 2, 1, 0) : null;
                case 0x210 -> !white && straight ? Unpacker.signed16(wordsBigEndian) : null;
                case 0x120 -> !bigEndian && !white && straight ? Unpacker.ofWords(Mode.INT32, false) : null;
                case 0x220 -> !white && straight ? Unpacker.ofWords(Mode.INT32, wordsBigEndian) : null;
                case 0x320 -> straight ? Unpacker.ofWords(Mode.FLOAT32, wordsBigEndian) : null;
                default -> null;
            };
        }

        private @Nullable Unpacker colors(boolean straight) {
            if ((bits != 8 && bits != 16) || (!straight && (bits != 8 || samples != 3)) || (bits == 16 && samples > 4)) {
                return null;
            }
            return switch (samples + " " + extra) {
                case "3 []", "4 [0]", "5 [0, 0]", "6 [0, 0, 0]" -> bytes(Mode.RGB, 0, 1, 2);
                case "4 []", "4 [2]", "5 [2, 0]", "6 [2, 0, 0]" -> bytes(Mode.RGBA, 0, 1, 2, 3);
                case "4 [999]" -> bits == 8 ? bytes(Mode.RGBA, 0, 1, 2, 3) : null;
                case "4 [1]", "5 [1, 0]", "6 [1, 0, 0]" -> Unpacker.premultiplied(
                        samples * bits / 8, bits / 8, bits == 8 || bigEndian ? 0 : 1);
                default -> null;
            };
        }

        private @Nullable Unpacker inks() {
            if (bits != 8 && (bits != 16 || samples > 4)) {
                return null;
            }
            return switch (samples + " " + extra) {
                case "4 []", "5 [0]", "6 [0, 0]" -> bytes(Mode.CMYK, 0, 1, 2, 3);
                default -> null;
            };
        }

        /// The more significant byte of each sample.
        private Unpacker bytes(Mode mode, int... order) {
            int size = bits / 8;
            int[] offsets = new int[order.length];
            for (int i = 0; i < order.length; i++) {
                offsets[i] = order[i] * size + (size == 2 && !bigEndian ? 1 : 0);
            }
            return Unpacker.ofBytes(mode, samples * size, offsets);
        }
    }

    /// Unpacks the samples of one plane into every `mode.bytes()`-th byte.
    private static Unpacker plane(Unpacker pixel, int bits, int samples, boolean bigEndian, boolean compressed, String extra, Source source)
            throws ImageFormatException {
        Mode mode = pixel.mode();
        boolean unclear = mode == Mode.RGBA && !extra.equals("[2]"); // libtiff takes the alpha for one that RGB is multiplied by
        boolean direct = !unclear && (mode == Mode.RGB || mode == Mode.RGBA || mode == Mode.CMYK) && samples == mode.bytes();
        if (!direct || (bits != 8 && !compressed)) {
            throw source.refused("a TIFF file with %d planes of %d bits, which Pillow does not read; save it without planes",
                    samples, bits);
        }
        int size = bits / 8;
        int most = size == 2 && !bigEndian ? 1 : 0;
        int step = mode.bytes();
        return new Unpacker(mode, bits, (in, from, out, to, pixels) -> {
            for (int i = 0; i < pixels; i++) {
                out[to + i * step] = in[from + i * size + most];
            }
        });
    }
}
