package io.github.clip4j.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Tags of the first directory of a TIFF file (TIFF 6.0 §2), as far as they are single numbers of 16 bits.
final class TiffTags {
    private static final int SHORT = 3;

    private TiffTags() {}

    static boolean isTiff(ByteBuffer file) {
        return file.limit() >= 8 && (file.getInt(0) == 0x49492A00 || isBigEndian(file));
    }

    static boolean isBigEndian(ByteBuffer file) {
        return file.limit() >= 8 && file.getInt(0) == 0x4D4D002A;
    }

    /// The value of a tag, or `absent`.
    ///
    /// @throws IndexOutOfBoundsException when the directory lies beyond the file
    static int shortValue(ByteBuffer file, int tag, int absent) {
        if (!isTiff(file)) {
            return absent;
        }
        ByteBuffer tiff = file.duplicate().order(isBigEndian(file) ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        int directory = tiff.getInt(4);
        int entries = tiff.getShort(directory) & 0xffff;
        for (int i = 0; i < entries; i++) {
            int entry = directory + 2 + 12 * i;
            if ((tiff.getShort(entry) & 0xffff) == tag && tiff.getShort(entry + 2) == SHORT) {
                return tiff.getShort(entry + 8) & 0xffff;
            }
        }
        return absent;
    }
}
