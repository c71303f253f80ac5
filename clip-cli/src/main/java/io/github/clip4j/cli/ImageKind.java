package io.github.clip4j.cli;

import io.github.clip4j.image.ImageFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// What kind of image a file is, as far as a command has to know before it reads it: whether a file of a folder is an image at all, and
/// which decoder a user has named for it.
final class ImageKind {
    private static final int BYTES = 4096;

    /// Other spellings of an extension.
    private static final Map<String, String> SPELLINGS =
            Map.of("jpg", "jpeg", "jpe", "jpeg", "jfif", "jpeg", "tif", "tiff", "heif", "heic", "hif", "heic", "dib", "bmp");

    /// Extensions of images, those that clip4j refuses by name among them: what a user takes for an image is never passed over in silence.
    private static final Set<String> IMAGES = Set.of(
            "png", "apng", "jpeg", "gif", "bmp", "ico", "pbm", "pgm", "ppm", "pnm", "pam", "tiff", "webp", "heic", "avif", "jxl", "jp2",
            "j2k", "tga", "pcx", "sgi", "qoi", "jxr", "psd", "exr", "hdr", "dng", "cr2", "cr3", "nef", "arw", "raf",
            "orf", "rw2", "pef", "x3f", "raw");

    /// Kinds whose first bytes may be those of a text: "BM", "P1 ", or bytes of a table.
    private static final Set<String> SHORT_STARTS = Set.of("bmp", "pnm", "ico", "sgi");

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
        return ImageFile.format(start).orElse("");
    }

    static String ofContent(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return ofContent(in.readNBytes(BYTES));
        }
    }

    /// Whether a name has the extension of an image.
    static boolean isImageName(String name) {
        return IMAGES.contains(ofName(name));
    }

    /// Whether a file of a folder is an image: by its extension, or else by its first bytes.
    static boolean isImage(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        if (isImageName(name)) {
            return true;
        }
        String content = ofContent(file);
        return IMAGES.contains(content) && (ofName(name).isEmpty() || !SHORT_STARTS.contains(content));
    }
}
