package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// Decodes picture files to what Pillow's `Image.open` gives: the samples as stored, colour profiles and EXIF orientation ignored.
///
/// PNG, JPEG, GIF, BMP and TIFF are read by the JDK, with the corners it cuts put right here; PBM, PGM, PPM and ICO are read here; further formats
/// by any ImageIO plug-in on the class path. Of several frames the first is read. The raster is read rather than `getRGB`, which converts grey and
/// profiled pictures to sRGB and changes their levels.
public final class ImageFile {
    /// The pixels Pillow refuses beyond (`Image.py`, twice `MAX_IMAGE_PIXELS`): a small file can declare a picture that fills any memory.
    public static final long MAX_PIXELS = 178_956_970;

    /// The largest file read; no picture of [#MAX_PIXELS] needs more.
    private static final long MAX_BYTES = 1L << 30;

    private static final int PHOTOMETRIC = 262;
    private static final int CIE_LAB = 8;

    private ImageFile() {}

    /// Reads a picture file.
    ///
    /// @throws ImageFormatException when it is no picture, is damaged, or has more than [#MAX_PIXELS]
    public static Image read(Path file) throws IOException {
        return decode(bytes(file), String.valueOf(file.getFileName()));
    }

    /// Reads a picture file and turns the picture as its EXIF orientation says, as Pillow's `ImageOps.exif_transpose` does and as Hugging Face's
    /// pipelines do. The preprocessing of the reference implementations does not.
    public static Image readUpright(Path file) throws IOException {
        byte[] bytes = bytes(file);
        return ExifOrientation.of(bytes).apply(decode(bytes, String.valueOf(file.getFileName())));
    }

    private static byte[] bytes(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new ImageFormatException("%s: expected a picture of at most %,d bytes, got %,d".formatted(file.getFileName(), MAX_BYTES, Files.size(file)));
        }
        return Files.readAllBytes(file);
    }

    /// Decodes the bytes of a picture file.
    ///
    /// @param where what to call it in messages
    public static Image decode(byte[] bytes, String where) throws ImageFormatException {
        try {
            if (JpegFile.isJpeg(bytes)) {
                return JpegFile.decode(bytes, where);
            }
            if (NetpbmFile.isNetpbm(bytes)) {
                return NetpbmFile.decode(bytes, where);
            }
            if (IcoFile.isIco(bytes)) {
                return IcoFile.decode(bytes, where);
            }
            if (WebpFile.isWebp(bytes)) {
                return WebpFile.decode(bytes, where);
            }
            if (BmpRunLengths.isRunLengthCoded(bytes)) {
                return BmpRunLengths.decode(bytes, where);
            }
            return decodeWithImageIo(bytes, where);
        } catch (ImageFormatException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // decoders meet damaged files with exceptions of every kind
            throw new ImageFormatException("%s: not a picture that can be decoded: %s".formatted(where, e), e);
        }
    }

    static void requirePixels(long width, long height, String where) throws ImageFormatException {
        if (width < 1 || height < 1) {
            throw new ImageFormatException("%s: expected at least 1 × 1 pixels, got %d × %d".formatted(where, width, height));
        }
        if (width > MAX_PIXELS || height > MAX_PIXELS || width * height > MAX_PIXELS) {
            throw new ImageFormatException("%s: expected at most %,d pixels, got %d × %d".formatted(where, MAX_PIXELS, width, height));
        }
    }

    private static Image decodeWithImageIo(byte[] bytes, String where) throws IOException {
        try (ImageInputStream input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            ImageReader reader = reader(input, where);
            try {
                reader.setInput(input, true, true);
                requirePixels(reader.getWidth(0), reader.getHeight(0), where);
                return switch (reader.getFormatName().toLowerCase(Locale.ROOT)) {
                    case "gif" -> readGif(reader, where);
                    case "png" -> image(reader.read(0, unmanaged(reader)), pngMode(bytes), where);
                    case "bmp" -> readBmp(reader.read(0, unmanaged(reader)), where);
                    default -> {
                        requireRgb(ByteBuffer.wrap(bytes), where);
                        BufferedImage picture = reader.read(0, unmanaged(reader));
                        Mode mode = mode(picture, where);
                        boolean bigEndian = mode == Mode.GREY16 && TiffTags.isBigEndian(ByteBuffer.wrap(bytes));
                        yield image(picture, bigEndian ? Mode.GREY16_BIG_ENDIAN : mode, where);
                    }
                };
            } finally {
                reader.dispose();
            }
        }
    }

    private static Image readGif(ImageReader reader, String where) throws IOException {
        GifScreen screen = GifScreen.of(reader);
        requirePixels(screen.width(), screen.height(), where);
        BufferedImage frame = reader.read(0);
        if (!(frame.getColorModel() instanceof IndexColorModel palette)) {
            return image(frame, mode(frame, where), where);
        }
        boolean grey = isGreyRamp(palette, 1); // GifImagePlugin.py, `_is_palette_needed`
        return screen.place(image(frame, grey ? Mode.GREY : Mode.PALETTE, where));
    }

    /// Pillow takes a palette that is a ramp of grey for no palette (`BmpImagePlugin.py`, `_bitmap`).
    private static Image readBmp(BufferedImage picture, String where) throws ImageFormatException {
        if (!(picture.getColorModel() instanceof IndexColorModel palette)) {
            return image(picture, mode(picture, where), where);
        }
        if (palette.getMapSize() == 2 && isGreyRamp(palette, 255)) {
            return image(picture, Mode.BILEVEL, where);
        }
        return image(picture, isGreyRamp(palette, 1) ? Mode.GREY : Mode.PALETTE, where);
    }

    private static boolean isGreyRamp(IndexColorModel palette, int step) {
        for (int i = 0; i < palette.getMapSize(); i++) {
            if (palette.getRed(i) != i * step || palette.getGreen(i) != i * step || palette.getBlue(i) != i * step) {
                return false;
            }
        }
        return true;
    }

    /// By the colour type and bit depth of `IHDR` (PngImagePlugin.py, `_MODES`).
    private static Mode pngMode(byte[] bytes) {
        int depth = bytes[24];
        return switch (bytes[25]) {
            case 0 -> depth == 1 ? Mode.BILEVEL : depth == 16 ? Mode.GREY16 : Mode.GREY;
            case 3 -> Mode.PALETTE;
            case 4 -> Mode.GREY_ALPHA;
            case 6 -> Mode.RGBA;
            default -> Mode.RGB;
        };
    }

    private static Mode mode(BufferedImage picture, String where) throws ImageFormatException {
        if (picture.getColorModel() instanceof IndexColorModel palette) {
            return palette.getMapSize() == 2 && isBlackAndWhite(palette) ? Mode.BILEVEL : Mode.PALETTE;
        }
        int bands = picture.getRaster().getNumBands();
        int type = picture.getColorModel().getColorSpace().getType();
        return switch (bands) {
            case 1 -> picture.getSampleModel().getSampleSize(0) == 16 ? Mode.GREY16 : Mode.GREY;
            case 2 -> Mode.GREY_ALPHA;
            case 3 -> Mode.RGB;
            case 4 -> type == ColorSpace.TYPE_CMYK ? Mode.CMYK : Mode.RGBA;
            default -> throw new ImageFormatException("%s: expected 1 to 4 channels, got %d".formatted(where, bands));
        };
    }

    /// Pillow converts Lab with a colour management system, whose bits are its own.
    private static void requireRgb(ByteBuffer file, String where) throws ImageFormatException {
        if (TiffTags.shortValue(file, PHOTOMETRIC, 0) == CIE_LAB) {
            throw new ImageFormatException(where + ": a TIFF in Lab colours cannot be converted exactly; save it as RGB");
        }
    }

    private static boolean isBlackAndWhite(IndexColorModel palette) {
        int first = palette.getRGB(0) & 0xffffff;
        int second = palette.getRGB(1) & 0xffffff;
        return (first == 0 && second == 0xffffff) || (first == 0xffffff && second == 0);
    }

    /// Parameters that keep a profiled picture's levels: where a reader offers the picture's own colour space beside sRGB, that is its destination,
    /// and nothing is converted.
    private static ImageReadParam unmanaged(ImageReader reader) throws IOException {
        ImageReadParam param = reader.getDefaultReadParam();
        int bands = 0;
        for (Iterator<ImageTypeSpecifier> types = reader.getImageTypes(0); types.hasNext(); ) {
            ImageTypeSpecifier type = types.next();
            if (bands == 0) {
                bands = type.getNumBands();
            } else if (type.getNumBands() == bands && !type.getColorModel().getColorSpace().isCS_sRGB()) {
                param.setDestinationType(type);
                break;
            }
        }
        return param;
    }

    /// The JDK's own reader where there is one, so that a plug-in on the class path does not change what is decoded.
    private static ImageReader reader(ImageInputStream input, String where) throws ImageFormatException {
        List<ImageReader> readers = new ArrayList<>();
        for (Iterator<ImageReader> all = ImageIO.getImageReaders(input); all.hasNext(); ) {
            readers.add(all.next());
        }
        if (readers.isEmpty()) {
            throw new ImageFormatException(where + ": expected a picture (PNG, JPEG, GIF, BMP, TIFF …), got an unknown format");
        }
        return readers.stream()
                .filter(reader -> reader.getClass().getModule().equals(ImageIO.class.getModule()))
                .findFirst()
                .orElse(readers.getFirst());
    }

    /// The picture's raster as samples of `mode`. Bands beyond those of the mode are dropped: some readers turn a transparent colour into one.
    private static Image image(BufferedImage picture, Mode mode, String where) throws ImageFormatException {
        Raster raster = picture.getRaster();
        int width = picture.getWidth();
        int height = picture.getHeight();
        int bands = raster.getNumBands();
        int bytes = mode.bytes();
        byte[] samples = new byte[Math.multiplyExact(Math.multiplyExact(width, height), bytes)];
        IndexColorModel palette = picture.getColorModel() instanceof IndexColorModel indexed ? indexed : null;
        int[] bits = raster.getSampleModel().getSampleSize();
        if (palette == null && bands < (isGrey16(mode) ? 1 : bytes)) {
            throw new ImageFormatException("%s: expected %d channels, got %d".formatted(where, bytes, bands));
        }
        int[] row = new int[width * bands];
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0; x < width; x++) {
                int to = (y * width + x) * bytes;
                int from = x * bands;
                if (mode == Mode.PALETTE) {
                    samples[to] = (byte) row[from];
                } else if (palette != null) {
                    samples[to] = (byte) palette.getRed(row[from]); // grey of few bits, which the JDK gives a palette
                } else if (isGrey16(mode)) {
                    samples[to] = (byte) (row[from] >> 8);
                    samples[to + 1] = (byte) row[from];
                } else {
                    for (int c = 0; c < bytes; c++) {
                        samples[to + c] = (byte) toByte(row[from + c], bits[c]);
                    }
                }
            }
        }
        Image image = new Image(width, height, mode, samples, mode == Mode.PALETTE && palette != null ? colors(palette) : null);
        return mode == Mode.RGBA && picture.isAlphaPremultiplied() ? Resize.divideByAlpha(image) : image;
    }

    private static boolean isGrey16(Mode mode) {
        return mode == Mode.GREY16 || mode == Mode.GREY16_BIG_ENDIAN;
    }

    private static int[] colors(IndexColorModel palette) {
        int[] colors = new int[palette.getMapSize()];
        palette.getRGBs(colors);
        return colors;
    }

    /// A sample of `bits` bits as 8: shorter ones are stretched to 255, longer ones lose their low bits.
    private static int toByte(int sample, int bits) {
        if (bits == 8) {
            return sample;
        }
        return bits > 8 ? sample >> (bits - 8) : sample * 255 / ((1 << bits) - 1);
    }
}
