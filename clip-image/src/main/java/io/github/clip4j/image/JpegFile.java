package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStreamImpl;

/// JPEG files, decoded as libjpeg does with its defaults, which Pillow uses.
///
/// The JDK decodes with libjpeg too, but its Java wrapper rejects files with some colour profiles, unusual markers or component numbers. It
/// also converts images with a profile, and does not convert CMYK. So the application segments are removed before the JDK reads the file,
/// and it is asked for the components as they are stored. Their conversion to colours, which those segments decide, happens here.
final class JpegFile {
    private static final int APP0 = 0xE0;
    private static final int APP14 = 0xEE;
    private static final int APP15 = 0xEF;
    private static final int COM = 0xFE;
    private static final int SOS = 0xDA;
    private static final int NO_ADOBE_MARKER = -1;

    private static final int EOI = 0xD9;
    /// Of a file in which each scan is small; encoders write about ten.
    private static final int MOST_SCANS = 200;
    private static final int BLOCK = 8;
    /// How libjpeg's warnings of damaged data start, and how one ends that is about what follows the image.
    private static final String CORRUPT = "Corrupt JPEG data";
    private static final String BEFORE_THE_END = "before marker 0xd9";

    /// How components become colours.
    private enum Colors {
        /// As the file's segments say.
        OF_THE_FILE,
        /// Luminance and chrominance become RGB.
        LUMINANCE,
        /// Not at all.
        AS_STORED
    }

    private final byte[] bytes;
    private final Source source;
    private final Colors colors;
    private final ByteArrayOutputStream plain;
    private int width;
    private int height;
    private byte[] componentIds = {};
    private boolean jfif;
    private int adobeTransform = NO_ADOBE_MARKER;

    /// @param bytes not kept; component numbers may be rewritten
    private JpegFile(byte[] bytes, Colors colors, Source source) {
        this.bytes = bytes;
        this.colors = colors;
        this.source = source;
        this.plain = new ByteArrayOutputStream(bytes.length);
    }

    static boolean isJpeg(byte[] bytes) {
        return bytes.length > 3 && bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xD8 && bytes[2] == (byte) 0xFF;
    }

    static Image decode(byte[] bytes, Source source) throws IOException {
        return new JpegFile(bytes.clone(), Colors.OF_THE_FILE, source).decode();
    }

    /// A JPEG image within a TIFF file.
    ///
    /// @param tables what the images of the file have in common, a JPEG file without an image; or empty
    /// @param luminance whether its components are Y, Cb, Cr; otherwise they are left as they are
    static Image decodePart(byte[] bytes, int from, int to, ByteBuffer tables, boolean luminance, Source source)
            throws ImageFormatException {
        byte[] common = new byte[tables.remaining()];
        tables.get(common);
        boolean ends = common.length >= 4 && common[common.length - 2] == (byte) 0xFF && common[common.length - 1] == (byte) EOI;
        int kept = ends ? common.length - 2 : common.length;
        int start = kept > 0 ? Math.min(to, from + 2) : from; // one start of an image is enough
        byte[] joined = Arrays.copyOf(common, kept + to - start);
        System.arraycopy(bytes, start, joined, kept, to - start);
        if (!isJpeg(joined)) {
            throw source.refused("a TIFF file with JPEG compression: expected a JPEG image at byte %,d, got something else", from);
        }
        Source whole = new Source(source.name(), source.maxPixels(), false, source.damages());
        try {
            return new JpegFile(joined, luminance ? Colors.LUMINANCE : Colors.AS_STORED, whole).decode();
        } catch (ImageFormatException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new ImageFormatException("%s: a TIFF file with a JPEG image that cannot be decoded: %s".formatted(source, e), e);
        }
    }

    private Image decode() throws IOException {
        removeApplicationSegments();
        return convert(readComponents());
    }

    private int u8(int at) throws ImageFormatException {
        if (at >= bytes.length) {
            throw new ImageFormatException(source + ": the file is cut short within its header");
        }
        return bytes[at] & 0xff;
    }

    private int u16(int at) throws ImageFormatException {
        return u8(at) << 8 | u8(at + 1);
    }

    /// Copies the segments before the first scan without APPn and comments, then the rest as it is.
    private void removeApplicationSegments() throws ImageFormatException {
        plain.write(bytes, 0, 2);
        int at = 2;
        while (true) {
            if (u8(at) != 0xFF) {
                at++; // libjpeg skips bytes between segments
                continue;
            }
            int marker = u8(at + 1);
            if (marker == 0xFF || marker == 0 || (marker >= 0xD0 && marker <= 0xD8) || marker == 0x01) {
                at += marker == 0xFF ? 1 : 2;
                continue;
            }
            int length = u16(at + 2);
            if (length < 2) {
                throw new ImageFormatException(
                        "%s: segment %02X at byte %d: expected a length of at least 2, got %d".formatted(source, marker, at, length));
            }
            boolean isFrame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
            if (isFrame) {
                readFrame(at);
            } else if (marker == APP0 || marker == APP14) {
                readApplication(marker, at + 4, length - 2);
            }
            if (marker == SOS) {
                writeScans(at);
                return;
            }
            if (marker == COM || (marker >= APP0 && marker <= APP15)) {
                at += 2 + length;
                continue;
            }
            u8(at + 1 + length); // throws when the segment is cut short
            plain.write(bytes, at, 2 + length);
            at += 2 + length;
        }
    }

    private void readFrame(int at) throws ImageFormatException {
        int process = u8(at + 1);
        if (process > 0xC2) {
            throw source.refused("a JPEG file with %s, which clip4j does not decode; save it as a usual JPEG file",
                    process == 0xC3 ? "lossless coding" : process > 0xC8 ? "arithmetic coding" : "hierarchical coding");
        }
        int precision = u8(at + 4);
        if (precision != 8) {
            throw new ImageFormatException("%s: expected samples of 8 bits, got %d".formatted(source, precision));
        }
        height = u16(at + 5);
        width = u16(at + 7);
        int components = u8(at + 9);
        source.requirePixels(width, height);
        if (components != 1 && components != 3 && components != 4) {
            throw new ImageFormatException("%s: expected 1, 3 or 4 components, got %d".formatted(source, components));
        }
        componentIds = new byte[components];
        for (int c = 0; c < components; c++) {
            componentIds[c] = (byte) u8(at + 10 + 3 * c);
        }
        requireData(at);
        if (hasRepeatedIds()) {
            for (int c = 0; c < components; c++) {
                bytes[at + 10 + 3 * c] = (byte) (c + 1);
            }
        }
    }

    /// A block takes at least a bit. A small file that declares a large image is refused before memory is taken for it.
    private void requireData(int at) throws ImageFormatException {
        long blocks = 0;
        int across = 1;
        int down = 1;
        for (int c = 0; c < componentIds.length; c++) {
            int sampling = u8(at + 11 + 3 * c);
            across = Math.max(across, sampling >> 4);
            down = Math.max(down, sampling & 15);
        }
        for (int c = 0; c < componentIds.length; c++) {
            int sampling = u8(at + 11 + 3 * c);
            blocks = Math.max(blocks, (long) width * (sampling >> 4) / across / BLOCK * ((long) height * (sampling & 15) / down / BLOCK));
        }
        if (blocks > 8L * bytes.length) {
            source.damaged("expected %,d blocks of pixels, got a file of %,d bytes".formatted(blocks, bytes.length));
        }
    }

    private boolean hasRepeatedIds() {
        for (int c = 1; c < componentIds.length; c++) {
            for (int other = 0; other < c; other++) {
                if (componentIds[c] == componentIds[other]) {
                    return true;
                }
            }
        }
        return false;
    }

    private void readApplication(int marker, int at, int length) throws ImageFormatException {
        if (marker == APP0 && length >= 14 && matches(at, "JFIF\0")) {
            jfif = true;
        } else if (marker == APP14 && length >= 12 && matches(at, "Adobe")) {
            adobeTransform = u8(at + 11);
        }
    }

    private boolean matches(int at, String text) throws ImageFormatException {
        for (int i = 0; i < text.length(); i++) {
            if (u8(at + i) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// Components that share a number are distinguished by their order, in a scan that holds them all.
    private void writeScans(int at) throws ImageFormatException {
        if (componentIds.length == 0) {
            throw new ImageFormatException(source + ": expected a frame header before the first scan, got none");
        }
        if (hasRepeatedIds() && u8(at + 4) == componentIds.length) {
            for (int c = 0; c < componentIds.length; c++) {
                u8(at + 5 + 2 * c);
                bytes[at + 5 + 2 * c] = (byte) (c + 1);
            }
        }
        requireFewScans(at);
        plain.write(bytes, at, bytes.length - at);
    }

    /// A scan of a few bytes may go over the whole image, and a file may hold very many.
    private void requireFewScans(int start) throws ImageFormatException {
        int scans = 0;
        for (int at = start; at + 1 < bytes.length; at++) {
            if (bytes[at] == (byte) 0xFF && bytes[at + 1] == (byte) SOS && ++scans > MOST_SCANS) {
                throw source.refused("a JPEG file of more than %d scans", MOST_SCANS);
            }
        }
    }

    private Raster readComponents() throws IOException {
        for (Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg"); readers.hasNext(); ) {
            ImageReader reader = readers.next();
            if (reader.getClass().getModule().equals(ImageIO.class.getModule())) {
                try (Input input = new Input(plain.toByteArray())) {
                    List<String> damages = new ArrayList<>();
                    reader.addIIOReadWarningListener((_, warning) -> damages.add(warning));
                    reader.setInput(input, true, true);
                    Raster raster = reader.readRaster(0, null);
                    if (input.beyondEnd) {
                        source.damaged("the data end early");
                    }
                    for (String damage : damages) {
                        if (damage.startsWith(CORRUPT) && !damage.endsWith(BEFORE_THE_END)) {
                            source.damaged(damage + "; decoders recover from it in different ways");
                        }
                    }
                    return raster;
                } finally {
                    reader.dispose();
                }
            }
        }
        throw new IOException("the Java runtime has no JPEG decoder: is its module java.desktop complete?");
    }

    /// Bytes in memory, and whether more were asked for.
    private static final class Input extends ImageInputStreamImpl {
        private final byte[] bytes;
        private boolean beyondEnd;

        Input(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            bitOffset = 0;
            beyondEnd |= streamPos >= bytes.length;
            return streamPos >= bytes.length ? -1 : bytes[(int) streamPos++] & 0xff;
        }

        @Override
        public int read(byte[] to, int at, int length) {
            bitOffset = 0;
            int count = (int) Math.min(length, bytes.length - streamPos);
            if (count <= 0) {
                beyondEnd |= length > 0;
                return length > 0 ? -1 : 0;
            }
            System.arraycopy(bytes, (int) streamPos, to, at, count);
            streamPos += count;
            return count;
        }

        @Override
        public long length() {
            return bytes.length;
        }
    }

    private Image convert(Raster raster) throws ImageFormatException {
        int components = raster.getNumBands();
        if (components != componentIds.length || raster.getWidth() != width || raster.getHeight() != height) {
            throw new ImageFormatException("%s: expected %d components of %d × %d, got %d of %d × %d".formatted(
                    source, componentIds.length, width, height, components, raster.getWidth(), raster.getHeight()));
        }
        byte[] samples = samples(raster, components);
        boolean luminance = colors == Colors.LUMINANCE
                || (colors == Colors.OF_THE_FILE && components > 1 && isLuminanceChrominance());
        for (int at = 0; luminance && at < samples.length; at += components) {
            putColors(samples[at] & 0xff, samples[at + 1] & 0xff, samples[at + 2] & 0xff, samples, at);
        }
        for (int at = 0; components == 4 && colors == Colors.OF_THE_FILE && at < samples.length; at += components) {
            putInks(luminance, samples, at);
        }
        return new Image(width, height, components == 1 ? Mode.GREY : components == 3 ? Mode.RGB : Mode.CMYK, samples, null);
    }

    /// The raster's own array where it has the samples in our order.
    private byte[] samples(Raster raster, int components) throws ImageFormatException {
        if (raster.getDataBuffer() instanceof DataBufferByte buffer && raster.getSampleModel() instanceof PixelInterleavedSampleModel model
                && model.getPixelStride() == components && model.getScanlineStride() == width * components
                && buffer.getData().length == (long) width * height * components) {
            boolean inOrder = true;
            for (int c = 0; c < components; c++) {
                inOrder &= model.getBandOffsets()[c] == c;
            }
            if (inOrder) {
                return buffer.getData();
            }
        }
        byte[] samples = source.samples(width, height, components == 1 ? Mode.GREY : components == 3 ? Mode.RGB : Mode.CMYK);
        int[] row = new int[width * components];
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int i = 0; i < row.length; i++) {
                samples[y * row.length + i] = (byte) row[i];
            }
        }
        return samples;
    }

    /// Whether libjpeg reads the components as Y, Cb, Cr (`jdapimin.c`, `default_decompress_parms`).
    private boolean isLuminanceChrominance() {
        if (componentIds.length == 4) {
            return adobeTransform != NO_ADOBE_MARKER && adobeTransform != 0;
        }
        if (jfif) {
            return true;
        }
        if (adobeTransform != NO_ADOBE_MARKER) {
            return adobeTransform != 0;
        }
        return !(componentIds[0] == 'R' && componentIds[1] == 'G' && componentIds[2] == 'B');
    }

    /// libjpeg's conversion of Y, Cb, Cr to RGB, in 16-bit fixed point (`jdcolor.c`, `build_ycc_rgb_table`).
    private static void putColors(int luminance, int blueness, int redness, byte[] samples, int to) {
        int cb = blueness - 128;
        int cr = redness - 128;
        int half = 1 << 15;
        samples[to] = clip(luminance + ((91881 * cr + half) >> 16)); //                1.40200
        samples[to + 1] = clip(luminance + ((-22554 * cb - 46802 * cr + half) >> 16)); // 0.34414, 0.71414
        samples[to + 2] = clip(luminance + ((116130 * cb + half) >> 16)); //              1.77200
    }

    /// Pillow reads every CMYK file as one of Adobe's, which store 255 − ink. For YCCK, libjpeg's conversion gives 255 − RGB.
    private static void putInks(boolean luminance, byte[] samples, int to) {
        for (int c = to; c < to + 3 && !luminance; c++) {
            samples[c] = (byte) ~samples[c];
        }
        samples[to + 3] = (byte) ~samples[to + 3];
    }

    private static byte clip(int value) {
        return (byte) Math.clamp(value, 0, 255);
    }
}
