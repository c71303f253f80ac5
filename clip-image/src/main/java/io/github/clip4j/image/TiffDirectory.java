package io.github.clip4j.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// The first directory of a TIFF file, classic or BigTIFF (TIFF 6.0, section 2). EXIF data are such a file too. The directories after it
/// are not read.
final class TiffDirectory {
    private static final int BYTE = 1;
    private static final int ASCII = 2;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int SIGNED_BYTE = 6;
    private static final int UNDEFINED = 7;
    private static final int SIGNED_SHORT = 8;
    private static final int SIGNED_LONG = 9;
    private static final int LONG8 = 16;
    private static final int MOST_TEXT = 64;

    /// Where the values of a tag lie.
    private record Entry(int type, int count, int at) {}

    private final ByteBuffer file;
    private final Map<Integer, Entry> entries = new HashMap<>();
    private final Map<Integer, String> texts = new HashMap<>();

    private TiffDirectory(ByteBuffer file) {
        this.file = file;
    }

    /// Whether a file starts as Pillow wants it; two of the six ways are mistakes of some writers.
    static boolean isTiff(ByteBuffer file) {
        return file.limit() >= 8 && switch (file.getInt(0)) {
            case 0x4D4D002A, 0x49492A00, 0x4D4D2A00, 0x4949002A, 0x4D4D002B, 0x49492B00 -> true;
            default -> false;
        };
    }

    /// Reads the directory. Tags whose values lie beyond the file are left out, as Pillow leaves them out.
    ///
    /// @throws IndexOutOfBoundsException when the directory itself lies beyond the file
    static TiffDirectory of(ByteBuffer bytes) {
        ByteBuffer file = bytes.duplicate().order(bytes.get(0) == 'M' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        TiffDirectory directory = new TiffDirectory(file);
        boolean big = file.get(2) == 43 || file.get(3) == 43;
        long start = big ? file.getLong(8) : file.getInt(4) & 0xffffffffL;
        if (start < 0 || start > file.limit()) {
            throw new IndexOutOfBoundsException("the directory is at byte %d of %d".formatted(start, file.limit()));
        }
        int at = (int) start;
        long count = big ? file.getLong(at) : file.getShort(at) & 0xffffL;
        at += big ? 8 : 2;
        for (long i = 0; i < count; i++, at += big ? 20 : 12) {
            directory.add(at, big);
        }
        return directory;
    }

    private void add(int at, boolean big) {
        int tag = file.getShort(at) & 0xffff;
        int type = file.getShort(at + 2);
        long values = big ? file.getLong(at + 4) : file.getInt(at + 4) & 0xffffffffL;
        int inline = big ? 8 : 4;
        int place = at + (big ? 12 : 8);
        long size = type == ASCII ? 1 : size(type);
        if (size == 0 || values < 0 || values > file.limit() / size) {
            return;
        }
        long from = values * size <= inline ? place : big ? file.getLong(place) : file.getInt(place) & 0xffffffffL;
        if (from >= 0 && from + values * size <= file.limit()) {
            if (type == ASCII) {
                byte[] text = new byte[(int) Math.min(values, MOST_TEXT)];
                file.get((int) from, text);
                texts.put(tag, new String(text, StandardCharsets.ISO_8859_1));
            } else {
                entries.put(tag, new Entry(type, (int) values, (int) from));
            }
        }
    }

    /// The bytes of a number; 0 for a type that holds none.
    private static int size(int type) {
        return switch (type) {
            case BYTE, SIGNED_BYTE, UNDEFINED -> 1;
            case SHORT, SIGNED_SHORT -> 2;
            case LONG, SIGNED_LONG, 13 -> 4;
            case LONG8, 17, 18 -> 8;
            default -> 0;
        };
    }

    boolean isBigEndian() {
        return file.order() == ByteOrder.BIG_ENDIAN;
    }

    boolean has(int tag) {
        return entries.containsKey(tag);
    }

    /// How many values a tag has.
    int count(int tag) {
        Entry entry = entries.get(tag);
        return entry == null ? 0 : entry.count;
    }

    /// One of a tag's values.
    long value(int tag, int index) {
        Entry entry = entries.get(tag);
        if (entry == null || index >= entry.count) {
            throw new IndexOutOfBoundsException("tag %d has no value %d".formatted(tag, index));
        }
        int at = entry.at + index * size(entry.type);
        return switch (entry.type) {
            case BYTE, UNDEFINED -> file.get(at) & 0xff;
            case SIGNED_BYTE -> file.get(at);
            case SHORT -> file.getShort(at) & 0xffff;
            case SIGNED_SHORT -> file.getShort(at);
            case SIGNED_LONG -> file.getInt(at);
            case LONG, 13 -> file.getInt(at) & 0xffffffffL;
            default -> file.getLong(at);
        };
    }

    /// A tag's first value, or `absent`.
    long first(int tag, long absent) {
        return count(tag) == 0 ? absent : value(tag, 0);
    }

    /// All values of a tag that has few.
    long[] values(int tag) {
        long[] values = new long[count(tag)];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(tag, i);
        }
        return values;
    }

    /// Whether a tag is there with a text of ASCII letters.
    boolean hasText(int tag) {
        return texts.containsKey(tag);
    }

    /// A tag's text; empty without one.
    String text(int tag) {
        return texts.getOrDefault(tag, "");
    }

    /// The values of a tag of bytes.
    ByteBuffer bytes(int tag) {
        Entry entry = entries.get(tag);
        return entry == null || size(entry.type) != 1 ? ByteBuffer.allocate(0) : file.slice(entry.at, entry.count);
    }
}
