package io.github.clip4j.image;

import io.github.clip4j.image.Image.Mode;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// Decodes image files to what Pillow's `Image.open` gives: the samples as stored, without converting by colour profiles.
///
/// PNG, JPEG, GIF, BMP and TIFF are read by the JDK; where it differs from Pillow, the result is corrected here. PBM, PGM, PPM, ICO and BMP
/// with run lengths are read here, further formats by any ImageIO plug-in on the class path. Of several frames the first is read.
///
/// No method accepts null. [Image#of(BufferedImage)] takes an image that something else has decoded.
public final class ImageFile {
    /// The largest image decoded, width times height: Pillow refuses larger ones (`Image.py`, twice `MAX_IMAGE_PIXELS`), because a small
    /// file can declare an image that fills any memory. A caller's own limit: [ImageOptions#withMaxPixels].
    public static final long MAX_PIXELS = 178_956_970;

    /// The largest file read; no image of [#MAX_PIXELS] needs more.
    private static final int MAX_BYTES = 1 << 30;

    private static final String UNNAMED = "image";
    private static final int PHOTOMETRIC = 262;
    private static final int CIE_LAB = 8;

    private ImageFile() {}

    /// Reads an image file with the default options.
    ///
    /// @param file in any of the formats that clip4j reads
    /// @return the image
    /// @throws ImageFormatException when it is not an image, is damaged, or has more than [#MAX_PIXELS]
    /// @throws IOException when the file cannot be read
    public static Image read(Path file) throws IOException {
        return read(file, ImageOptions.defaults());
    }

    /// Reads an image file.
    ///
    /// @param file in any of the formats that clip4j reads
    /// @param options the limit on pixels, and whether the image is turned upright
    /// @return the image
    /// @throws ImageFormatException when it is not an image, is damaged, or has more pixels than the options allow
    /// @throws IOException when the file cannot be read
    public static Image read(Path file, ImageOptions options) throws IOException {
        Objects.requireNonNull(file, "file is null");
        String name = String.valueOf(file.getFileName());
        if (Files.size(file) > MAX_BYTES) {
            throw tooLong(name, "%,d".formatted(Files.size(file)));
        }
        return read(Files.readAllBytes(file), name, options);
    }

    /// Decodes the bytes of an image file with the default options. Messages call it "image".
    ///
    /// @param file in any of the formats that clip4j reads
    /// @return the image
    /// @throws ImageFormatException when it is not an image, is damaged, or has more than [#MAX_PIXELS]
    public static Image read(byte[] file) throws ImageFormatException {
        return read(file, UNNAMED, ImageOptions.defaults());
    }

    /// Decodes the bytes of an image file.
    ///
    /// @param file only read, not kept
    /// @param name what to call it in messages, such as the name of an uploaded file
    /// @param options the limit on pixels, and whether the image is turned upright
    /// @return the image
    /// @throws ImageFormatException when it is not an image, is damaged, or has more pixels than the options allow
    public static Image read(byte[] file, String name, ImageOptions options) throws ImageFormatException {
        Objects.requireNonNull(file, "file is null");
        Objects.requireNonNull(name, "name is null");
        Objects.requireNonNull(options, "options is null");
        Image image = decode(file, new Source(name, options.maxPixels()));
        return options.upright() ? ExifOrientation.of(file).apply(image) : image;
    }

    /// Reads a stream to its end, which is one image file, with the default options. Messages call it "image".
    ///
    /// @param file not closed
    /// @return the image
    /// @throws ImageFormatException when it is not an image, is damaged, or has more than [#MAX_PIXELS]
    /// @throws IOException when the stream cannot be read
    public static Image read(InputStream file) throws IOException {
        return read(file, UNNAMED, ImageOptions.defaults());
    }

    /// Reads a stream to its end, which is one image file.
    ///
    /// @param file not closed
    /// @param name what to call it in messages, such as the name of an uploaded file
    /// @param options the limit on pixels, and whether the image is turned upright
    /// @return the image
    /// @throws ImageFormatException when it is not an image, is damaged, or has more pixels than the options allow
    /// @throws IOException when the stream cannot be read
    public static Image read(InputStream file, String name, ImageOptions options) throws IOException {
        Objects.requireNonNull(file, "file is null");
        byte[] bytes = file.readNBytes(MAX_BYTES);
        if (bytes.length == MAX_BYTES && file.read() >= 0) {
            throw tooLong(name, "more");
        }
        return read(bytes, name, options);
    }

    private static ImageFormatException tooLong(String name, String got) {
        return new ImageFormatException("%s: expected an image file of at most %,d bytes, got %s".formatted(name, MAX_BYTES, got));
    }

    /// Decodes the bytes of an image file, or of an image within one.
    static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        try {
            if (JpegFile.isJpeg(bytes)) {
                return JpegFile.decode(bytes, source);
            }
            if (NetpbmFile.isNetpbm(bytes)) {
                return NetpbmFile.decode(bytes, source);
            }
            if (IcoFile.isIco(bytes)) {
                return IcoFile.decode(bytes, source);
            }
            if (WebpFile.isWebp(bytes)) {
                return WebpFile.decode(bytes, source);
            }
            if (BmpRunLengths.isRunLengthCoded(bytes)) {
                return BmpRunLengths.decode(bytes, source);
            }
            return decodeWithImageIo(bytes, source);
        } catch (ImageFormatException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // decoders throw exceptions of every kind at damaged files
            throw new ImageFormatException("%s: not an image that can be decoded: %s".formatted(source, e), e);
        }
    }

    private static Image decodeWithImageIo(byte[] bytes, Source source) throws IOException {
        try (ImageInputStream input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            ImageReader reader = reader(input, source);
            try {
                reader.setInput(input, true, true);
                source.requirePixels(reader.getWidth(0), reader.getHeight(0));
                return switch (reader.getFormatName().toLowerCase(Locale.ROOT)) {
                    case "gif" -> readGif(reader, source);
                    case "png" -> Rasters.of(reader.read(0, unmanaged(reader)), pngMode(bytes), source);
                    case "bmp" -> readBmp(reader.read(0, unmanaged(reader)), source);
                    default -> {
                        requireRgb(ByteBuffer.wrap(bytes), source);
                        BufferedImage decoded = reader.read(0, unmanaged(reader));
                        Mode mode = Rasters.mode(decoded, source);
                        boolean bigEndian = mode == Mode.GREY16 && TiffTags.isBigEndian(ByteBuffer.wrap(bytes));
                        yield Rasters.of(decoded, bigEndian ? Mode.GREY16_BIG_ENDIAN : mode, source);
                    }
                };
            } finally {
                reader.dispose();
            }
        }
    }

    private static Image readGif(ImageReader reader, Source source) throws IOException {
        GifScreen screen = GifScreen.of(reader);
        source.requirePixels(screen.width(), screen.height());
        BufferedImage frame = reader.read(0);
        if (!(frame.getColorModel() instanceof IndexColorModel palette)) {
            return Rasters.of(frame, Rasters.mode(frame, source), source);
        }
        boolean grey = Rasters.isGreyRamp(palette, 1); // GifImagePlugin.py, `_is_palette_needed`
        return screen.place(Rasters.of(frame, grey ? Mode.GREY : Mode.PALETTE, source));
    }

    /// Pillow treats an image whose palette is a ramp of grey as one without a palette (`BmpImagePlugin.py`, `_bitmap`).
    private static Image readBmp(BufferedImage decoded, Source source) throws ImageFormatException {
        if (!(decoded.getColorModel() instanceof IndexColorModel palette)) {
            return Rasters.of(decoded, Rasters.mode(decoded, source), source);
        }
        if (palette.getMapSize() == 2 && Rasters.isGreyRamp(palette, 255)) {
            return Rasters.of(decoded, Mode.BILEVEL, source);
        }
        return Rasters.of(decoded, Rasters.isGreyRamp(palette, 1) ? Mode.GREY : Mode.PALETTE, source);
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

    /// Pillow converts Lab with a colour management system, whose bits are its own.
    private static void requireRgb(ByteBuffer file, Source source) throws ImageFormatException {
        if (TiffTags.shortValue(file, PHOTOMETRIC, 0) == CIE_LAB) {
            throw new ImageFormatException(source + ": a TIFF in Lab colours cannot be converted exactly; save it as RGB");
        }
    }

    /// Parameters that keep a profiled image's levels. Where a reader offers the image's own colour space as well as sRGB, the image is
    /// read into that, and nothing is converted.
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
    private static ImageReader reader(ImageInputStream input, Source source) throws ImageFormatException {
        List<ImageReader> readers = new ArrayList<>();
        for (Iterator<ImageReader> all = ImageIO.getImageReaders(input); all.hasNext(); ) {
            readers.add(all.next());
        }
        if (readers.isEmpty()) {
            throw new ImageFormatException(source + ": expected an image (PNG, JPEG, GIF, BMP, TIFF …), got an unknown format");
        }
        return readers.stream()
                .filter(reader -> reader.getClass().getModule().equals(ImageIO.class.getModule()))
                .findFirst()
                .orElse(readers.getFirst());
    }
}
