package io.github.clip4j.image.webp;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The RIFF container of a WebP file (RFC 9649, section 2): a list of chunks, each four letters, a length and a payload padded to an even
/// length.
///
/// A file in the simple form holds one chunk, `VP8 ` or `VP8L`. A file in the extended form starts with `VP8X`, which gives the size of the
/// canvas, and holds one image (`ALPH` and `VP8 `, or `VP8L`) or the frames of an animation (`ANIM`, then `ANMF` with the chunks of an
/// image inside). Profiles and metadata lie between them.
///
/// All chunks are checked, those of later frames too, as libwebp's demuxer does (`demux.c`): what it refuses is refused here.
public final class WebpContainer {
    private static final int RIFF_HEADER = 12;
    private static final int CHUNK_HEADER = 8;
    private static final int VP8X_PAYLOAD = 10;
    private static final int ANIM_PAYLOAD = 6;
    private static final int ANMF_HEADER = 16;
    private static final int ANIMATION = 1 << 1;
    private static final int ALPHA = 1 << 4;
    /// ICC profile, alpha, EXIF, XMP, animation.
    private static final int KNOWN_FLAGS = 0x3e;
    private static final long MAX_AREA = 1L << 32;

    /// An image as it is coded. `Bytes` are positions in the file.
    ///
    /// @param x the first column it covers on the canvas
    /// @param y the first row
    /// @param hasAlpha as the header of a lossless image says
    /// @param alpha the payload of `ALPH`, for a lossy image; or null
    /// @param data the payload of `VP8 ` or `VP8L`, with its padding
    record Frame(int x, int y, int width, int height, boolean lossless, boolean hasAlpha, @Nullable Bytes alpha, Bytes data) {}

    /// A part of the file, from `start` to `end`, exclusive.
    record Bytes(int start, int end) {}

    private final byte[] file;
    /// Where the next chunk is read, and the end of the RIFF chunk.
    private int at = RIFF_HEADER;
    private final int end;

    private int flags;
    private int width;
    private int height;
    private boolean alphaBeforeImage;
    private @Nullable Frame first;

    private WebpContainer(byte[] file, int end) {
        this.file = file;
        this.end = end;
    }

    /// Whether a file starts as a WebP file does, by the test of Pillow's `WebPImagePlugin.py`.
    public static boolean isWebp(byte[] file) {
        return file.length >= RIFF_HEADER + 4 && fourLetters(file, 0).equals("RIFF") && fourLetters(file, 8).equals("WEBP")
                && switch (fourLetters(file, RIFF_HEADER)) {
                    case "VP8 ", "VP8L", "VP8X" -> true;
                    default -> false;
                };
    }

    /// Reads the chunks of a file for which [#isWebp] is true. No image is decoded yet.
    public static WebpContainer parse(byte[] file) throws WebpException {
        long size = u32(file, 4);
        if (size < RIFF_HEADER) {
            throw new WebpException("RIFF: expected a length of at least %d bytes, got %d".formatted(RIFF_HEADER, size));
        }
        if (size + CHUNK_HEADER > file.length) {
            throw new WebpException("RIFF: the file is cut short: expected %,d bytes, got %,d".formatted(size + CHUNK_HEADER, file.length));
        }
        WebpContainer container = new WebpContainer(file, (int) size + CHUNK_HEADER);
        if (fourLetters(file, RIFF_HEADER).equals("VP8X")) {
            container.extended();
        } else {
            container.simple();
        }
        return container;
    }

    /// Pixels.
    public int width() {
        return width;
    }

    /// Pixels.
    public int height() {
        return height;
    }

    /// Whether Pillow's mode is `RGBA` rather than `RGB`.
    public boolean hasAlpha() {
        if ((flags & ANIMATION) != 0) {
            return (flags & ALPHA) != 0;
        }
        return alphaBeforeImage || (first().lossless() ? first().hasAlpha() : (flags & ALPHA) != 0);
    }

    /// The image, or the first frame of an animation, on its canvas: `[height, width, 4]` if [#hasAlpha], else `[height, width, 3]`. What
    /// the frame does not cover is transparent black.
    public byte[] decode() throws WebpException {
        return new FrameDecoder(file, first(), width, height, hasAlpha()).decode();
    }

    Frame first() {
        if (first == null) {
            throw new IllegalStateException("parse has not ended");
        }
        return first;
    }

    private void simple() throws WebpException {
        Frame frame = image(null);
        width = frame.width();
        height = frame.height();
        first = frame;
    }

    private void extended() throws WebpException {
        long payload = u32(file, at + 4);
        if (payload != VP8X_PAYLOAD || end - at < CHUNK_HEADER + VP8X_PAYLOAD + CHUNK_HEADER) {
            throw new WebpException("VP8X: expected %d bytes and a chunk that follows, got %d".formatted(VP8X_PAYLOAD, payload));
        }
        flags = file[at + 8] & 0xff;
        width = 1 + u24(file, at + 12);
        height = 1 + u24(file, at + 15);
        at += CHUNK_HEADER + VP8X_PAYLOAD;
        if ((long) width * height >= MAX_AREA || (flags & ~KNOWN_FLAGS) != 0) {
            throw new WebpException("VP8X: expected fewer than 2³² pixels and known flags, got %d × %d and %#x"
                    .formatted(width, height, flags));
        }
        boolean animated = (flags & ANIMATION) != 0;
        boolean started = false; // by ANIM, which comes before the frames
        while (at < end) {
            String name = end - at < CHUNK_HEADER ? "" : fourLetters(file, at);
            switch (name) {
                case "ALPH", "VP8 ", "VP8L" -> {
                    if (animated || started || first != null) {
                        throw new WebpException(name + ": expected one image, or all in frames of an animation");
                    }
                    alphaBeforeImage = name.equals("ALPH");
                    first = image(null);
                    onCanvas(first);
                }
                case "ANMF" -> {
                    if (!started) {
                        throw new WebpException("ANMF: expected ANIM before it");
                    }
                    Frame frame = frame();
                    if (animated && frame != null) {
                        onCanvas(frame);
                        first = first == null ? frame : first;
                    }
                }
                case "VP8X" -> throw new WebpException("VP8X: expected one");
                default -> {
                    int start = at + CHUNK_HEADER;
                    int next = nextChunk();
                    if (name.equals("ANIM") && next - start < ANIM_PAYLOAD) {
                        throw new WebpException("ANIM: expected at least %d bytes, got %d".formatted(ANIM_PAYLOAD, next - start));
                    }
                    started |= name.equals("ANIM");
                    at = next;
                }
            }
        }
        if (first == null) {
            throw new WebpException("the file holds no image");
        }
    }

    /// An `ANMF` chunk: where the frame lies on the canvas, then the chunks of its image, then perhaps others. Null if no image comes
    /// first.
    private @Nullable Frame frame() throws WebpException {
        int start = at + CHUNK_HEADER;
        int next = nextChunk();
        if (next - start < ANMF_HEADER) {
            throw new WebpException("ANMF: expected at least %d bytes, got %d".formatted(ANMF_HEADER, next - start));
        }
        if ((long) (1 + u24(file, start + 6)) * (1 + u24(file, start + 9)) >= MAX_AREA) {
            throw new WebpException("ANMF: expected a frame of fewer than 2³² pixels");
        }
        at = start + ANMF_HEADER;
        nextChunk(); // there is one
        if (!isImage(fourLetters(file, at))) {
            return null;
        }
        Frame frame = image(new Bytes(start, next));
        if (at > next) {
            throw new WebpException("ANMF: expected an image within the %d bytes of its frame".formatted(next - start));
        }
        return frame;
    }

    private static boolean isImage(String name) {
        return name.equals("ALPH") || name.equals("VP8 ") || name.equals("VP8L");
    }

    /// Checks that a frame lies within the canvas; an image that does not move is the canvas.
    private void onCanvas(Frame frame) throws WebpException {
        boolean fits = (flags & ANIMATION) != 0
                ? frame.x() + frame.width() <= width && frame.y() + frame.height() <= height
                : frame.x() == 0 && frame.y() == 0 && frame.width() == width && frame.height() == height;
        if (!fits) {
            throw new WebpException("VP8X: expected an image that fits the canvas of %d × %d, got %d × %d at %d, %d"
                    .formatted(width, height, frame.width(), frame.height(), frame.x(), frame.y()));
        }
    }

    /// The chunks of one image, from [#at] on: `VP8 ` or `VP8L`, with `ALPH` before the first.
    ///
    /// @param anmf the payload of the frame's chunk; null outside an animation
    private Frame image(@Nullable Bytes anmf) throws WebpException {
        Bytes alpha = null;
        Frame image = null;
        while (at < end) {
            int start = at + CHUNK_HEADER;
            int next = nextChunk();
            String name = fourLetters(file, at);
            if (name.equals("ALPH") && alpha == null) {
                if (image != null && (anmf != null || (flags & ALPHA) != 0)) {
                    throw new WebpException("ALPH: expected before the image");
                }
                alpha = new Bytes(start, start + (int) u32(file, at + 4));
            } else if ((name.equals("VP8 ") || name.equals("VP8L")) && image == null) {
                if (name.equals("VP8L") && alpha != null) {
                    throw new WebpException("VP8L: expected no ALPH before it");
                }
                boolean alphaUsed = anmf != null || (flags & ALPHA) != 0;
                image = header(anmf, alphaUsed ? alpha : null, new Bytes(start, next), (int) u32(file, at + 4));
            } else {
                break;
            }
            at = next;
        }
        if (image == null) {
            throw new WebpException("expected an image, VP8 or VP8L");
        }
        if (at < end) {
            nextChunk(); // its length is checked
        }
        return image;
    }

    /// The size of an image, by the first bytes of its payload: of `VP8 ` RFC 6386, section 9.1; of `VP8L` RFC 9649, section 3.4.
    private Frame header(@Nullable Bytes anmf, @Nullable Bytes alpha, Bytes data, int length) throws WebpException {
        boolean lossless = file[data.start() - CHUNK_HEADER + 3] == 'L';
        int x = anmf == null ? 0 : 2 * u24(file, anmf.start());
        int y = anmf == null ? 0 : 2 * u24(file, anmf.start() + 3);
        if (!lossless) {
            Vp8Header.FrameTag tag = Vp8Header.FrameTag.parse(file, data.start(), data.end());
            if (tag.firstPartition() >= length) {
                throw new WebpException("VP8: expected a first partition within %d bytes, got %d".formatted(length, tag.firstPartition()));
            }
            return new Frame(x, y, tag.width(), tag.height(), false, false, alpha, data);
        }
        LosslessDecoder.Header image = LosslessDecoder.Header.parse(file, data.start(), data.end());
        return new Frame(x, y, image.width(), image.height(), true, image.hasAlpha(), null, data);
    }

    /// Where the chunk at [#at] ends, with its padding.
    private int nextChunk() throws WebpException {
        if (end - at < CHUNK_HEADER) {
            throw new WebpException("RIFF: expected a chunk or the end at byte %d, got %d bytes".formatted(at, end - at));
        }
        long length = u32(file, at + 4);
        long next = at + CHUNK_HEADER + length + (length & 1);
        if (next > end) {
            throw new WebpException("%s at byte %d: expected at most %,d bytes, got %,d"
                    .formatted(printable(fourLetters(file, at)), at, end - at - CHUNK_HEADER, length));
        }
        return (int) next;
    }

    private static String printable(String name) {
        return name.chars().allMatch(c -> c >= ' ' && c < 127) ? name.strip() : "chunk";
    }

    private static String fourLetters(byte[] bytes, int at) {
        return new String(bytes, at, 4, StandardCharsets.ISO_8859_1);
    }

    private static int u24(byte[] bytes, int at) {
        return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16;
    }

    private static long u32(byte[] bytes, int at) {
        return u24(bytes, at) | (bytes[at + 3] & 0xffL) << 24;
    }
}
