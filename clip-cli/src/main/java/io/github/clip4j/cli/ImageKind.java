package io.github.clip4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// What kind of image a file is, as far as a command has to know before it reads it: whether a file of a folder is an image at all, and
/// which decoder a user has named for it.
final class ImageKind {
    private static final int BYTES = 16;

    /// Other spellings of an extension.
    private static final Map<String, String> SPELLINGS =
            Map.of("jpg", "jpeg", "jpe", "jpeg", "jfif", "jpeg", "tif", "tiff", "heif", "heic", "hif", "heic", "dib", "bmp");

    /// Extensions of images, those that clip4j refuses by name among them: what a user takes for an image is never passed over in silence.
    private static final Set<String> IMAGES = Set.of(
            "png", "apng", "jpeg", "gif", "bmp", "ico", "pbm", "pgm", "ppm", "pnm", "pam", "tiff", "webp", "heic", "avif", "jxl", "jp2",
            "j2k", "tga", "pcx", "sgi", "psd", "exr", "hdr", "dng", "cr2", "cr3", "nef", "arw", "raf", "orf", "rw2");

    private ImageKind() {}

    /// An extension in its usual spelling, such as `jpeg` for `.JPG`; empty without one.
    static String ofName(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : spelling(name.substring(dot + 1));
    }

    static String spelling(String extension) {
        String lower = extension.toLowerCase(Locale.ROOT);
        return SPELLINGS.getOrDefault(lower, lower);
    }

    /// The kind that the first bytes of a file show; empty when they show none.
    static String ofContent(byte[] start) {
        String text = new String(start, 0, Math.min(start.length, BYTES), StandardCharsets.ISO_8859_1);
        if (text.startsWith("\u0089PNG")) {
            return "png";
        }
        if (text.startsWith("\u00ff\u00d8\u00ff")) {
            return "jpeg";
        }
        if (text.startsWith("GIF8")) {
            return "gif";
        }
        if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) {
            return "webp";
        }
        if (text.startsWith("II*\0") || text.startsWith("MM\0*") || text.startsWith("II+\0") || text.startsWith("MM\0+")) {
            return "tiff";
        }
        if (text.startsWith("\u00ff\n") || text.startsWith("\0\0\0\fJXL ")) {
            return "jxl";
        }
        if (text.startsWith("%PDF-")) {
            return "pdf";
        }
        if (text.startsWith("ftyp", 4)) {
            String brand = text.substring(8, Math.min(12, text.length()));
            return brand.startsWith("avi") ? "avif" : brand.startsWith("he") || brand.equals("mif1") || brand.equals("msf1") ? "heic" : "";
        }
        return "";
    }

    static String ofContent(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return ofContent(in.readNBytes(BYTES));
        }
    }

    /// Whether a file of a folder is an image: by its name, and without an extension that says so by its first bytes.
    static boolean isImage(Path file) throws IOException {
        return IMAGES.contains(ofName(String.valueOf(file.getFileName()))) || !Set.of("", "pdf").contains(ofContent(file));
    }
}
