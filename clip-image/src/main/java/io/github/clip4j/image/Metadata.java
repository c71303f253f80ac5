package io.github.clip4j.image;

import io.github.clip4j.image.webp.WebpContainer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// The EXIF and XMP data of an image file, as far as they say how it is turned (CIPA DC-008; Adobe's XMP specification, part 3).
///
/// @param exif a TIFF file; empty without one
/// @param xmp empty without any
record Metadata(ByteBuffer exif, ByteBuffer xmp) {
    private static final int ORIENTATION = 0x0112;
    private static final int XMP_TAG = 700;
    private static final String EXIF_START = "Exif\0\0";
    private static final String JPEG_XMP_START = "http://ns.adobe.com/xap/1.0/\0";
    private static final String PNG_XMP = "XML:com.adobe.xmp";
    private static final String PNG_EXIF = "Raw profile type exif";
    private static final int WEBP_EXIF_FLAG = 1 << 3;
    private static final int WEBP_XMP_FLAG = 1 << 2;
    private static final Pattern XMP_ORIENTATION = Pattern.compile("tiff:Orientation(=\"|>)([0-9])");
    /// What Pillow unpacks of a text.
    private static final int MOST_TEXT = 1 << 20;
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    /// The data of a file of any format.
    ///
    /// @throws IndexOutOfBoundsException when the file is damaged
    static Metadata of(byte[] bytes) {
        ByteBuffer file = ByteBuffer.wrap(bytes);
        if (file.limit() < 16) {
            return new Metadata(NONE, NONE);
        }
        if (TiffDirectory.isTiff(file)) {
            return new Metadata(file, TiffDirectory.of(file).bytes(XMP_TAG));
        }
        if (file.getShort(0) == (short) 0xFFD8) {
            return ofJpeg(bytes, file);
        }
        if (file.getInt(0) == 0x89504E47) {
            return ofPng(file);
        }
        return WebpContainer.isWebp(bytes) ? ofWebp(file) : new Metadata(NONE, NONE);
    }

    /// The orientation, 1 to 8; 1 when nothing says another one.
    int orientation() {
        if (TiffDirectory.isTiff(exif)) {
            TiffDirectory tags = TiffDirectory.of(exif);
            if (tags.has(ORIENTATION)) {
                return tags.count(ORIENTATION) == 1 ? Math.clamp(tags.value(ORIENTATION, 0), 0, 9) : 1;
            }
        }
        Matcher found = XMP_ORIENTATION.matcher(StandardCharsets.ISO_8859_1.decode(xmp.duplicate()));
        return found.find() ? found.group(2).charAt(0) - '0' : 1;
    }

    private static Metadata ofJpeg(byte[] bytes, ByteBuffer file) {
        ByteArrayOutputStream exif = new ByteArrayOutputStream();
        ByteBuffer xmp = NONE;
        for (int at = 2; at + 4 < file.limit() && file.get(at) == (byte) 0xFF && file.get(at + 1) != (byte) 0xDA; ) {
            if (file.get(at + 1) == (byte) 0xFF) {
                at++; // filled up before the marker
                continue;
            }
            int length = (file.getShort(at + 2) & 0xffff) - 2;
            if (length < 0 || at + 4 + length > file.limit()) {
                break;
            }
            if (file.get(at + 1) == (byte) 0xE1) {
                ByteBuffer content = file.slice(at + 4, length);
                if (startsWith(content, EXIF_START)) {
                    exif.write(bytes, at + 4 + EXIF_START.length(), length - EXIF_START.length());
                } else if (startsWith(content, JPEG_XMP_START)) {
                    xmp = content.slice(JPEG_XMP_START.length(), length - JPEG_XMP_START.length());
                }
            }
            at += 4 + length;
        }
        return new Metadata(withoutStart(ByteBuffer.wrap(exif.toByteArray())), xmp);
    }

    private static Metadata ofPng(ByteBuffer file) {
        ByteBuffer exif = NONE;
        ByteBuffer profile = NONE;
        ByteBuffer xmp = NONE;
        for (long at = 8; at + 12 <= file.limit(); ) {
            int length = file.getInt((int) at);
            if (length < 0 || at + 8 + length > file.limit()) {
                break;
            }
            ByteBuffer content = file.slice((int) at + 8, length);
            switch (text(file, (int) at + 4, 4)) {
                case "eXIf" -> exif = withoutStart(content);
                case "tEXt", "zTXt", "iTXt" -> {
                    if (startsWith(content, PNG_XMP + "\0")) {
                        xmp = value(file.get((int) at + 4), content.slice(PNG_XMP.length() + 1, length - PNG_XMP.length() - 1));
                    } else if (startsWith(content, PNG_EXIF + "\0")) {
                        profile = hex(value(file.get((int) at + 4), content.slice(PNG_EXIF.length() + 1, length - PNG_EXIF.length() - 1)));
                    }
                }
                default -> {
                    // not needed
                }
            }
            at += 12L + length;
        }
        return new Metadata(exif.hasRemaining() ? exif : withoutStart(profile), xmp);
    }

    /// The value of a text after its keyword: of `tEXt` as it is, of `zTXt` packed, of `iTXt` after its languages.
    private static ByteBuffer value(byte kind, ByteBuffer rest) {
        if (kind == 't') {
            return rest;
        }
        if (kind == 'z') {
            return inflated(rest.slice(1, rest.limit() - 1));
        }
        int at = 2;
        for (int zeros = 0; zeros < 2; at++) {
            zeros += rest.get(at) == 0 ? 1 : 0;
        }
        ByteBuffer value = rest.slice(at, rest.limit() - at);
        return rest.get(0) == 0 ? value : inflated(value);
    }

    /// Empty for a text that is damaged or too long.
    private static ByteBuffer inflated(ByteBuffer packed) {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(packed);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[8192];
            while (out.size() <= MOST_TEXT) {
                int n = inflater.inflate(buffer);
                if (n == 0) {
                    return ByteBuffer.wrap(out.toByteArray());
                }
                out.write(buffer, 0, n);
            }
            return NONE;
        } catch (DataFormatException e) {
            return NONE;
        } finally {
            inflater.end();
        }
    }

    /// What ImageMagick writes: an empty line, a name, a length, then hexadecimal digits.
    private static ByteBuffer hex(ByteBuffer text) {
        String[] lines = StandardCharsets.ISO_8859_1.decode(text.duplicate()).toString().split("\n", -1);
        StringBuilder digits = new StringBuilder();
        for (int i = 3; i < lines.length; i++) {
            digits.append(lines[i]);
        }
        return ByteBuffer.wrap(HexFormat.of().parseHex(digits.toString().replace(" ", "")));
    }

    /// The chunks that the flags of `VP8X` announce, the first of each name; a file without `VP8X` has none.
    private static Metadata ofWebp(ByteBuffer file) {
        ByteBuffer exif = NONE;
        ByteBuffer xmp = NONE;
        int flags = text(file, 12, 4).equals("VP8X") && file.limit() > 20 ? file.get(20) : 0;
        for (long at = 12; at + 8 <= file.limit(); ) {
            int length = Integer.reverseBytes(file.getInt((int) at + 4));
            if (length < 0 || at + 8 + length > file.limit()) {
                break;
            }
            String name = text(file, (int) at, 4);
            if (name.equals("EXIF") && (flags & WEBP_EXIF_FLAG) != 0 && !exif.hasRemaining()) {
                exif = withoutStart(file.slice((int) at + 8, length));
            } else if (name.equals("XMP ") && (flags & WEBP_XMP_FLAG) != 0 && !xmp.hasRemaining()) {
                xmp = file.slice((int) at + 8, length);
            }
            at += 8L + length + (length & 1);
        }
        return new Metadata(exif, xmp);
    }

    private static ByteBuffer withoutStart(ByteBuffer exif) {
        ByteBuffer rest = exif;
        while (startsWith(rest, EXIF_START)) {
            rest = rest.slice(EXIF_START.length(), rest.limit() - EXIF_START.length());
        }
        return rest;
    }

    private static boolean startsWith(ByteBuffer bytes, String text) {
        return bytes.limit() >= text.length() && text(bytes, 0, text.length()).equals(text);
    }

    private static String text(ByteBuffer file, int at, int length) {
        byte[] bytes = new byte[length];
        file.get(at, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
