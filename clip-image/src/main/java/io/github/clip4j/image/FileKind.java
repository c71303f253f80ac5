package io.github.clip4j.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What people bring as images and what is not decoded here, recognised by its first bytes.
enum FileKind {
    EMPTY("", "an empty file", "it was not written, or not downloaded, to its end"),
    LFS("", "a pointer of git-lfs, not the file itself", "fetch the file with `git lfs pull`"),
    HTML("", "a web page, not an image", "the download has led to a page, perhaps of an error or a login; fetch the image's own address"),
    HEIC("heic", "a HEIC (HEIF) image", "convert it to JPEG or PNG, for example with heif-convert or ImageMagick"),
    AVIF("avif", "an AVIF image", "convert it to JPEG or PNG, for example with avifdec or ImageMagick"),
    JXL("jxl", "a JPEG XL image", "convert it to JPEG or PNG, for example with djxl"),
    JP2("jp2", "a JPEG 2000 image", "convert it to PNG, for example with opj_decompress"),
    JXR("jxr", "a JPEG XR image", "convert it to PNG, for example with JxrDecApp"),
    DNG("dng", "a DNG camera raw image", "develop it to JPEG or PNG, for example with darktable-cli or dcraw"),
    CR2("cr2", "a Canon CR2 camera raw image", "develop it to JPEG or PNG, for example with darktable-cli or dcraw"),
    CR3("cr3", "a Canon CR3 camera raw image", "develop it to JPEG or PNG, for example with darktable-cli"),
    NEF("nef", "a Nikon NEF camera raw image", "develop it to JPEG or PNG, for example with darktable-cli or dcraw"),
    ARW("arw", "a Sony ARW camera raw image", "develop it to JPEG or PNG, for example with darktable-cli or dcraw"),
    PEF("pef", "a Pentax PEF camera raw image", "develop it to JPEG or PNG, for example with darktable-cli or dcraw"),
    ORF("orf", "an Olympus ORF camera raw image", "develop it to JPEG or PNG, for example with darktable-cli or dcraw"),
    RW2("rw2", "a Panasonic RW2 camera raw image", "develop it to JPEG or PNG, for example with darktable-cli or dcraw"),
    RAF("raf", "a Fujifilm RAF camera raw image", "develop it to JPEG or PNG, for example with darktable-cli or dcraw"),
    X3F("x3f", "a Sigma X3F camera raw image", "develop it to JPEG or PNG, for example with darktable-cli or dcraw"),
    RAW("raw", "a camera raw image", "develop it to JPEG or PNG, for example with darktable-cli or dcraw"),
    PDF("pdf", "a PDF document", "make an image of a page, for example with pdftoppm -png"),
    EPS("eps", "a PostScript document", "make an image of a page, for example with Ghostscript"),
    SVG("svg", "an SVG drawing", "draw it to PNG, for example with rsvg-convert"),
    PSD("psd", "a Photoshop document", "export it as PNG, for example with ImageMagick"),
    XCF("xcf", "a GIMP document", "export it as PNG"),
    EXR("exr", "an OpenEXR image", "convert it to PNG, with the exposure that you want"),
    HDR("hdr", "a Radiance HDR image", "convert it to PNG, with the exposure that you want"),
    DDS("dds", "a DDS texture", "convert it to PNG, for example with ImageMagick"),
    ICNS("icns", "an Apple icon", "convert it to PNG, for example with icns2png"),
    CUR("cur", "a Windows cursor", "convert it to PNG, for example with icotool"),
    WMF("wmf", "a Windows metafile", "convert it to PNG, for example with inkscape"),
    FITS("fits", "a FITS image", "convert it to PNG, with the levels that you want"),
    DJVU("djvu", "a DjVu document", "make an image of a page, for example with ddjvu"),
    MP4("", "an MP4 video", "extract frames, for example with ffmpeg -i FILE -r 1 frame%05d.png"),
    MOV("", "a QuickTime video", "extract frames, for example with ffmpeg -i FILE -r 1 frame%05d.png"),
    MKV("", "a Matroska video", "extract frames, for example with ffmpeg -i FILE -r 1 frame%05d.png"),
    WEBM("", "a WebM video", "extract frames, for example with ffmpeg -i FILE -r 1 frame%05d.png"),
    AVI("", "an AVI video", "extract frames, for example with ffmpeg -i FILE -r 1 frame%05d.png"),
    VIDEO("", "a video", "extract frames, for example with ffmpeg -i FILE -r 1 frame%05d.png"),
    AUDIO("", "a sound file", "name image files only"),
    ZIP("", "a zip archive", "unpack it and name the images"),
    ARCHIVE("", "an archive or a compressed file", "unpack it and name the images"),
    NPY("", "a NumPy array", "save it as PNG, for example with PIL.Image.fromarray"),
    XML("", "an XML file", "name image files only"),
    JSON("", "a JSON file", "name image files only");

    private static final int LOOKED_AT = 4096;
    private static final int NEW_SUBFILE_TYPE = 254;
    private static final int COMPRESSION = 259;
    private static final int PHOTOMETRIC = 262;
    private static final int MAKE = 271;
    private static final int SUB_DIRECTORIES = 330;
    private static final int DNG_VERSION = 50706;

    private final String extension;
    private final String description;
    private final String advice;

    /// @param extension the usual one of an image or a document, in lower case; empty for what is neither
    FileKind(String extension, String description, String advice) {
        this.extension = extension;
        this.description = description;
        this.advice = advice;
    }

    /// What to say of a file.
    String message(String file) {
        return "%s: %s, which is not decoded; %s".formatted(file, description, advice);
    }

    String extension() {
        return extension;
    }

    /// The kind of a file; empty when it is not recognised.
    static Optional<FileKind> of(byte[] bytes) {
        if (bytes.length == 0) {
            return Optional.of(EMPTY);
        }
        String start = new String(bytes, 0, Math.min(bytes.length, LOOKED_AT), StandardCharsets.ISO_8859_1);
        return Optional.ofNullable(binary(start)).or(() -> raw(bytes)).or(() -> Optional.ofNullable(text(start)));
    }

    private static @Nullable FileKind binary(String start) {
        if (start.startsWith("ftyp", 4) && start.length() >= 12) {
            return media(start.substring(8, 12));
        }
        for (String box : new String[] {"moov", "mdat", "wide", "free", "skip"}) {
            if (start.startsWith(box, 4)) {
                return MOV;
            }
        }
        if (start.startsWith("RIFF")) {
            return start.startsWith("AVI ", 8) ? AVI : start.startsWith("WAVE", 8) ? AUDIO : null;
        }
        if (start.startsWith("\u001aE\u00df\u00a3")) {
            return start.substring(0, Math.min(64, start.length())).contains("webm") ? WEBM : MKV;
        }
        if (start.startsWith("\0\0\u0002\0") && start.length() > 5 && start.charAt(4) + start.charAt(5) > 0) {
            return CUR; // with a number of cursors, where a Targa file has none
        }
        if (start.startsWith("ustar", 257)) {
            return ARCHIVE;
        }
        Object[][] starts = {
            {"\0\0\0\fJXL \r\n\u0087\n", JXL}, {"\u00ff\n", JXL}, {"\0\0\0\fjP  \r\n\u0087\n", JP2}, {"\u00ffO\u00ffQ", JP2},
            {"II\u00bc", JXR}, {"IIRO", ORF}, {"IIRS", ORF}, {"MMOR", ORF}, {"IIU\0", RW2}, {"FUJIFILMCCD-RAW", RAF}, {"FOVb", X3F},
            {"\0MRM", RAW}, {"8BPS", PSD}, {"gimp xcf", XCF}, {"v/1\u0001", EXR}, {"#?RADIANCE", HDR}, {"#?RGBE", HDR}, {"DDS ", DDS},
            {"icns", ICNS}, {"\u00d7\u00cd\u00c6\u009a", WMF}, {"SIMPLE  =", FITS}, {"AT&TFORM", DJVU},
            {"FLV\u0001", VIDEO}, {"0&\u00b2u\u008ef\u00cf\u0011", VIDEO}, {"\0\0\u0001\u00ba", VIDEO}, {"\0\0\u0001\u00b3", VIDEO},
            {"OggS", AUDIO}, {"ID3", AUDIO}, {"fLaC", AUDIO}, {"PK\u0003\u0004", ZIP}, {"PK\u0005\u0006", ZIP}, {"\u001f\u008b", ARCHIVE},
            {"7z\u00bc\u00af'\u001c", ARCHIVE}, {"Rar!\u001a\u0007", ARCHIVE}, {"\u00fd7zXZ\0", ARCHIVE}, {"BZh", ARCHIVE},
            {"(\u00b5/\u00fd", ARCHIVE}, {"\u0093NUMPY", NPY}, {"%!PS", EPS}, {"\u00c5\u00d0\u00d3\u00c6", EPS}
        };
        for (Object[] known : starts) {
            if (start.startsWith((String) known[0])) {
                return (FileKind) known[1];
            }
        }
        return start.substring(0, Math.min(1024, start.length())).contains("%PDF-") ? PDF : null;
    }

    /// ISO base media files by their major brand.
    private static FileKind media(String brand) {
        return switch (brand) {
            case "heic", "heix", "hevc", "hevx", "heim", "heis", "hevm", "hevs", "mif1", "mif2", "msf1" -> HEIC;
            case "avif", "avis" -> AVIF;
            case "crx " -> CR3;
            case "jxl " -> JXL;
            case "jp2 ", "jpx ", "jpm " -> JP2;
            case "qt  " -> MOV;
            case "M4A ", "M4B " -> AUDIO;
            default -> MP4;
        };
    }

    /// Camera raw images that are TIFF files. Pillow reads the small picture that lies before the raw one in many of them.
    static Optional<FileKind> raw(byte[] bytes) {
        ByteBuffer file = ByteBuffer.wrap(bytes);
        if (!TiffDirectory.isTiff(file)) {
            return Optional.empty();
        }
        if (bytes.length > 10 && bytes[8] == 'C' && bytes[9] == 'R' && bytes[10] == 2) {
            return Optional.of(CR2);
        }
        try {
            TiffDirectory tags = TiffDirectory.of(file);
            long photometric = tags.first(PHOTOMETRIC, 0);
            long compression = tags.first(COMPRESSION, 1);
            boolean sensor = photometric == 32803 || photometric == 34892;
            boolean coded = compression == 34713 || compression == 32767 || compression == 32770 || compression == 65535;
            boolean preview = tags.has(SUB_DIRECTORIES) && tags.first(NEW_SUBFILE_TYPE, 0) == 1 && tags.hasText(MAKE);
            if (tags.has(DNG_VERSION)) {
                return Optional.of(DNG);
            }
            if (!sensor && !coded && !preview) {
                return Optional.empty();
            }
            String make = tags.text(MAKE).toUpperCase(Locale.ROOT);
            return Optional.of(make.startsWith("NIKON") ? NEF : make.startsWith("SONY") ? ARW : make.startsWith("PENTAX") ? PEF : RAW);
        } catch (IndexOutOfBoundsException e) {
            return Optional.empty(); // a damaged TIFF file, which its reader names
        }
    }

    private static @Nullable FileKind text(String start) {
        String text = (start.startsWith("\u00ef\u00bb\u00bf") ? start.substring(3) : start).stripLeading().toLowerCase(Locale.ROOT);
        if (text.startsWith("version https://git-lfs")) {
            return LFS;
        }
        if (text.startsWith("<")) {
            if (text.contains("<svg")) {
                return text.startsWith("<!doctype html") || text.startsWith("<html") ? HTML : SVG;
            }
            boolean page = text.startsWith("<!doctype html") || text.contains("<html") || text.contains("<head");
            return page ? HTML : text.startsWith("<?xml") ? XML : null;
        }
        return text.startsWith("{\"") || text.startsWith("[{") || text.startsWith("{\n") ? JSON : null;
    }
}
