package io.github.clip4j.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Iterator;
import java.util.Objects;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// Decodes image files to what Pillow's `Image.open` gives: the samples as stored, without converting by colour profiles.
///
/// PNG, GIF, BMP, TIFF, WebP, Netpbm, ICO, PCX, QOI, SGI and TGA files are decoded here; JPEG files by the JDK, and where that differs from
/// Pillow, the result is corrected here. Further formats are read by any ImageIO plug-in on the class path. Of several frames the first is
/// read. A TIFF file is turned as its orientation says, as Pillow does, whatever the options say.
///
/// No method accepts null. [Image#of(BufferedImage)] takes an image that something else has decoded.
public final class ImageFile {
    /// The largest image decoded, width times height: Pillow refuses larger ones (`Image.py`, twice `MAX_IMAGE_PIXELS`), because a small
    /// file can declare an image that fills any memory. A caller's own limit: [ImageOptions#withMaxPixels].
    public static final long MAX_PIXELS = 178_956_970;

    /// The largest file read; no image of [#MAX_PIXELS] needs more.
    private static final int MAX_BYTES = 1 << 30;

    private static final String UNNAMED = "image";

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
        Source source = new Source(name, options);
        Image image = decode(file, source);
        Image upright = options.upright() && !TiffDirectory.isTiff(ByteBuffer.wrap(file)) ? ExifOrientation.of(file).apply(image) : image;
        return source.damages().isEmpty() ? upright : upright.withDamage(source.damages().getFirst());
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

    /// Decodes the image of a `data:` URL with base64 (RFC 2397), such as `data:image/png;base64,iVBO…`. Its media type is not looked at:
    /// the bytes say what they are.
    ///
    /// @param url the whole URL; percent signs may stand for characters of base64
    /// @param name what to call it in messages
    /// @param options the limit on pixels, and whether the image is turned upright
    /// @return the image
    /// @throws ImageFormatException when it is not such a URL, or its bytes are not an image, are damaged, or have too many pixels
    public static Image readDataUrl(String url, String name, ImageOptions options) throws ImageFormatException {
        Objects.requireNonNull(url, "url is null");
        Objects.requireNonNull(name, "name is null");
        int comma = url.indexOf(',');
        if (!url.regionMatches(true, 0, "data:", 0, 5) || comma < 7 || !url.regionMatches(true, comma - 7, ";base64", 0, 7)) {
            String start = url.substring(0, Math.min(url.length(), 24));
            throw new ImageFormatException("%s: expected a URL as data:image/png;base64,…, got '%s'".formatted(name, start));
        }
        try {
            String data = url.substring(comma + 1);
            String base64 = data.indexOf('%') < 0 ? data : URLDecoder.decode(data.replace("+", "%2B"), StandardCharsets.ISO_8859_1);
            return read(Base64.getMimeDecoder().decode(base64), name, options);
        } catch (IllegalArgumentException e) {
            throw new ImageFormatException("%s: expected base64: %s".formatted(name, e.getMessage()), e);
        }
    }

    /// {@return the usual extension, such as `jpeg`, of the image or document that a file is, by its first bytes} Empty when they show
    /// none, as those of PCX and TGA files, and for what is neither, such as a video. Not every format that is named is read.
    ///
    /// @param start the first 4096 bytes of the file, or as many as it has
    public static Optional<String> format(byte[] start) {
        Objects.requireNonNull(start, "start is null");
        String read = JpegFile.isJpeg(start) ? "jpeg"
                : PngFile.isPng(start, 0) ? "png"
                : GifFile.isGif(start) ? "gif"
                : BmpFile.isBmp(start) ? "bmp"
                : WebpFile.isWebp(start) ? "webp"
                : NetpbmFile.isNetpbm(start) ? "pnm"
                : IcoFile.isIco(start) ? "ico"
                : QoiFile.isQoi(start) ? "qoi"
                : SgiFile.isSgi(start) ? "sgi"
                : TiffDirectory.isTiff(ByteBuffer.wrap(start)) && FileKind.raw(start).isEmpty() ? "tiff"
                : "";
        String kind = read.isEmpty() ? FileKind.of(start).map(FileKind::extension).orElse("") : read;
        return Optional.of(kind).filter(each -> !each.isEmpty());
    }

    private static ImageFormatException tooLong(String name, String got) {
        return new ImageFormatException("%s: expected an image file of at most %,d bytes, got %s".formatted(name, MAX_BYTES, got));
    }

    /// Decodes the bytes of an image file.
    ///
    /// An image that is valid may need more memory than there is, and a few bytes can declare one; nothing else is lost when its arrays do
    /// not fit.
    private static Image decode(byte[] bytes, Source source) throws ImageFormatException {
        try {
            if (JpegFile.isJpeg(bytes)) {
                return JpegFile.decode(bytes, source);
            }
            if (PngFile.isPng(bytes, 0)) {
                return PngFile.decode(bytes, 0, source);
            }
            if (GifFile.isGif(bytes)) {
                return GifFile.decode(bytes, source);
            }
            if (BmpFile.isBmp(bytes)) {
                return BmpFile.decode(bytes, source);
            }
            if (TiffDirectory.isTiff(ByteBuffer.wrap(bytes)) && FileKind.raw(bytes).isEmpty()) {
                return TiffFile.decode(bytes, source);
            }
            if (WebpFile.isWebp(bytes)) {
                return WebpFile.decode(bytes, source);
            }
            if (NetpbmFile.isNetpbm(bytes)) {
                return NetpbmFile.decode(bytes, source);
            }
            if (IcoFile.isIco(bytes)) {
                return IcoFile.decode(bytes, source);
            }
            if (QoiFile.isQoi(bytes)) {
                return QoiFile.decode(bytes, source);
            }
            if (SgiFile.isSgi(bytes)) {
                return SgiFile.decode(bytes, source);
            }
            return decodeOther(bytes, source);
        } catch (ImageFormatException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // decoders throw exceptions of every kind at damaged files
            throw new ImageFormatException("%s: not an image that can be decoded: %s".formatted(source, e), e);
        } catch (OutOfMemoryError | StackOverflowError e) {
            throw new ImageFormatException("%s: the image needs more memory than this process has (%,d bytes at most); raise -Xmx"
                    .formatted(source, Runtime.getRuntime().maxMemory()), e);
        }
    }

    /// Formats without a clear start, formats of plug-ins, and what is no image that can be read.
    private static Image decodeOther(byte[] bytes, Source source) throws IOException {
        try (ImageInputStream input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            for (Iterator<ImageReader> all = ImageIO.getImageReaders(input); all.hasNext(); ) {
                ImageReader reader = all.next();
                if (!reader.getClass().getModule().equals(ImageIO.class.getModule())) {
                    return decodeWithPlugIn(reader, input, source);
                }
            }
        }
        Optional<FileKind> kind = FileKind.of(bytes);
        if (kind.isPresent()) {
            throw new ImageFormatException(source, kind.get());
        }
        if (BmpFile.isHeaderless(bytes)) {
            return BmpFile.decodeHeaderless(bytes, source);
        }
        if (PcxFile.isPcx(bytes)) {
            return PcxFile.decode(bytes, source);
        }
        if (TgaFile.isTga(bytes)) {
            return TgaFile.decode(bytes, source);
        }
        throw source.refused("expected an image (PNG, JPEG, GIF, BMP, TIFF, WebP …), got an unknown format; see docs/formats.md");
    }

    private static Image decodeWithPlugIn(ImageReader reader, ImageInputStream input, Source source) throws IOException {
        try {
            reader.setInput(input, true, true);
            source.requirePixels(reader.getWidth(0), reader.getHeight(0));
            BufferedImage decoded = reader.read(0, unmanaged(reader));
            return Rasters.of(decoded, Rasters.mode(decoded, source), source);
        } finally {
            reader.dispose();
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
}
