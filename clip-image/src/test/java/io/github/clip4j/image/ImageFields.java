package io.github.clip4j.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/// Where the numbers of image files are, so that one of them can be changed in a file that stays well formed.
final class ImageFields {
    /// Values at which programs err.
    private static final long[] VALUES = {
        0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 1000, 4095, 4096, 4097,
        16_383, 16_384, 32_767, 32_768, 65_535, 65_536, 1 << 20, 1 << 24, 178_956_970, Integer.MAX_VALUE, 1L << 31, (1L << 32) - 1
    };

    /// A number of `size` bytes.
    private record Field(int at, int size, boolean bigEndian) {}

    private final byte[] file;
    private final List<Field> fields = new ArrayList<>();

    private ImageFields(byte[] file) {
        this.file = file;
    }

    /// A file in which one number, sometimes two, has another value, or which is cut short, or lacks or repeats a piece. Checksums and the
    /// lengths around them are right again.
    static byte[] mutate(byte[] original, SplittableRandom random) {
        byte[] bytes = original.clone();
        int kind = random.nextInt(16);
        if (kind == 0) {
            bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
        } else if (kind == 1) {
            int at = random.nextInt(bytes.length);
            int end = Math.min(bytes.length, at + random.nextInt(1, 60));
            byte[] moved = new byte[random.nextBoolean() ? bytes.length - (end - at) : bytes.length + (end - at)];
            System.arraycopy(bytes, 0, moved, 0, Math.min(at, moved.length));
            int rest = bytes.length - end;
            System.arraycopy(bytes, end, moved, moved.length - rest, rest);
            bytes = moved;
        } else {
            List<Field> fields = of(bytes);
            for (int n = random.nextInt(4) == 0 ? 2 : 1; n > 0; n--) {
                set(bytes, fields.get(random.nextInt(fields.size())), random);
            }
        }
        return repaired(bytes);
    }

    private static void set(byte[] bytes, Field field, SplittableRandom random) {
        long old = 0;
        for (int i = 0; i < field.size; i++) {
            old |= (bytes[field.at + i] & 0xffL) << (8 * (field.bigEndian ? field.size - 1 - i : i));
        }
        long value = switch (random.nextInt(8)) {
            case 0 -> old + 1;
            case 1 -> old - 1;
            case 2 -> old ^ (1L << random.nextInt(8 * field.size));
            case 3 -> random.nextLong();
            case 4 -> -VALUES[random.nextInt(VALUES.length)];
            default -> VALUES[random.nextInt(VALUES.length)];
        };
        for (int i = 0; i < field.size; i++) {
            bytes[field.at + i] = (byte) (value >> (8 * (field.bigEndian ? field.size - 1 - i : i)));
        }
    }

    private static List<Field> of(byte[] bytes) {
        ImageFields found = new ImageFields(bytes);
        try {
            found.find();
        } catch (IndexOutOfBoundsException e) { // what was found so far is enough
        }
        for (int at = 0; at < bytes.length; at += Math.max(1, bytes.length / 100)) { // also what has no name
            found.fields.add(new Field(at, 1, false));
        }
        found.fields.removeIf(field -> field.at < 0 || field.at + field.size > bytes.length);
        return found.fields;
    }

    private String text(int at, int length) {
        return new String(file, at, length, StandardCharsets.ISO_8859_1);
    }

    private void add(int at, int size, boolean bigEndian, int count) {
        for (int i = 0; i < count; i++) {
            fields.add(new Field(at + i * size, size, bigEndian));
        }
    }

    private void find() {
        if (PngFile.isPng(file, 0)) {
            png();
        } else if (JpegFile.isJpeg(file)) {
            jpeg();
        } else if (GifFile.isGif(file)) {
            gif();
        } else if (BmpFile.isBmp(file)) {
            add(2, 4, false, 6);
            add(26, 2, false, 2);
            add(30, 4, false, 10);
        } else if (TiffDirectory.isTiff(ByteBuffer.wrap(file))) {
            tiff();
        } else if (WebpFile.isWebp(file)) {
            webp(12, file.length);
        } else if (NetpbmFile.isNetpbm(file)) {
            add(0, 1, false, 20);
        } else if (IcoFile.isIco(file)) {
            ico();
        } else if (SgiFile.isSgi(file)) {
            add(2, 1, true, 2);
            add(4, 2, true, 4);
            add(512, 4, true, Math.min(80, (file.length - 512) / 4));
        } else if (QoiFile.isQoi(file)) {
            add(4, 4, true, 2);
            add(12, 1, true, 200);
        } else if (PcxFile.isPcx(file)) {
            add(0, 1, false, 4);
            add(4, 2, false, 6);
            add(64, 1, false, 2);
            add(66, 2, false, 2);
            add(128, 1, false, 100);
        } else {
            add(0, 1, false, 3);
            add(3, 2, false, 2);
            add(7, 1, false, 1);
            add(8, 2, false, 4);
            add(16, 1, false, 100);
        }
    }

    private void png() {
        for (int at = 8; at + 12 <= file.length; at += 12 + ByteBuffer.wrap(file).getInt(at)) {
            add(at, 4, true, 1);
            add(at + 4, 1, true, 4);
            int length = ByteBuffer.wrap(file).getInt(at);
            add(at + 8, 4, true, Math.min(7, length / 4));
            add(at + 8, 1, true, Math.min(30, length));
        }
    }

    private void jpeg() {
        for (int at = 2; at + 4 <= file.length && file[at] == (byte) 0xff; at += 2 + ByteBuffer.wrap(file).getChar(at + 2)) {
            add(at + 1, 1, true, 1);
            add(at + 2, 2, true, 1);
            int length = ByteBuffer.wrap(file).getChar(at + 2) - 2;
            add(at + 4, 1, true, Math.min(40, length));
            if (file[at + 1] == (byte) 0xc0 || file[at + 1] == (byte) 0xc2) {
                for (int i = 0; i < 4; i++) { // height and width decide on the most
                    add(at + 5, 2, true, 2);
                }
            }
        }
    }

    private void gif() {
        add(6, 2, false, 2);
        add(10, 1, false, 3);
        int at = 13 + ((file[10] & 0x80) != 0 ? 6 << (file[10] & 7) : 0);
        while (file[at] == '!') {
            add(at, 1, false, 8);
            for (at += 2; file[at] != 0; at += 1 + (file[at] & 0xff)) {
                add(at, 1, false, 1);
            }
            at++;
        }
        add(at, 1, false, 1);
        add(at + 1, 2, false, 4);
        add(at + 9, 1, false, 10);
    }

    private void tiff() {
        boolean big = file[2] == 43 || file[3] == 43;
        boolean bigEndian = file[0] == 'M';
        ByteBuffer numbers = ByteBuffer.wrap(file).order(bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        add(4, 4, bigEndian, big ? 3 : 1);
        int at = big ? (int) numbers.getLong(8) : numbers.getInt(4);
        int count = numbers.getShort(at);
        add(at, 2, bigEndian, 1);
        at += big ? 8 : 2;
        for (int i = 0; i < count; i++, at += big ? 20 : 12) {
            add(at, 2, bigEndian, 2);
            add(at + 4, 4, bigEndian, big ? 4 : 2);
            add(at + (big ? 12 : 8), 2, bigEndian, 1);
            int values = numbers.getInt(at + 4);
            int size = numbers.getShort(at + 2) == 3 ? 2 : 4;
            if (values * size > (big ? 8 : 4)) {
                add(numbers.getInt(at + (big ? 12 : 8)), size, bigEndian, Math.min(values, 12));
            }
        }
        add(at, 4, bigEndian, 1);
    }

    private void webp(int start, int end) {
        for (int at = start; at + 8 <= end; ) {
            int length = Integer.reverseBytes(ByteBuffer.wrap(file).getInt(at + 4));
            add(at, 1, false, 4);
            add(at + 4, 4, false, 1);
            add(at + 8, 1, false, Math.min(40, length));
            if (text(at, 4).equals("ANMF")) {
                add(at + 8, 3, false, 5);
                webp(at + 24, at + 8 + length);
            } else if (text(at, 4).equals("VP8X")) {
                add(at + 12, 3, false, 2);
            }
            at += 8 + length + (length & 1);
        }
    }

    private void ico() {
        add(4, 2, false, 1);
        int count = file[4];
        add(6, 1, false, 4 * count);
        for (int i = 0; i < count; i++) {
            add(10 + 16 * i, 2, false, 2);
            add(14 + 16 * i, 4, false, 2);
            int at = Integer.reverseBytes(ByteBuffer.wrap(file).getInt(18 + 16 * i));
            add(at, 4, false, 3);
            add(at + 12, 2, false, 2);
            add(at + 16, 4, false, 6);
        }
    }

    /// The checksums of PNG chunks and the length in a RIFF header are made right.
    private static byte[] repaired(byte[] bytes) {
        ByteBuffer numbers = ByteBuffer.wrap(bytes);
        if (PngFile.isPng(bytes, 0)) {
            long at = 8;
            while (at + 12 <= bytes.length) {
                int length = numbers.getInt((int) at);
                if (length < 0 || at + 12 + length > bytes.length) {
                    break;
                }
                CRC32 crc = new CRC32();
                crc.update(bytes, (int) at + 4, length + 4);
                numbers.putInt((int) at + 8 + length, (int) crc.getValue());
                at += 12L + length;
            }
        } else if (WebpFile.isWebp(bytes) && bytes.length % 8 != 0) { // an eighth stays wrong
            numbers.order(ByteOrder.LITTLE_ENDIAN).putInt(4, bytes.length - 8);
        }
        return bytes;
    }
}
