package io.github.clip4j.image;

import java.io.EOFException;

/// Numbers in the headers of BMP and ICO files.
final class LittleEndian {
    private LittleEndian() {}

    static int u8(byte[] bytes, int at) throws EOFException {
        if (at < 0 || at >= bytes.length) {
            throw new EOFException("the file is cut short: expected a byte at " + at);
        }
        return bytes[at] & 0xff;
    }

    static int u16(byte[] bytes, int at) throws EOFException {
        return u8(bytes, at) | u8(bytes, at + 1) << 8;
    }

    static int i32(byte[] bytes, int at) throws EOFException {
        return u16(bytes, at) | u16(bytes, at + 2) << 16;
    }
}
