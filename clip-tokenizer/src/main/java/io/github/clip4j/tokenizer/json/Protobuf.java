package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.VocabularyFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Reads the fields of one protobuf message (protobuf.dev, "Encoding"): a tag, then a number of one to ten bytes, 4 or 8 bytes, or a length
/// and as many bytes. Nothing is copied but strings and bytes.
final class Protobuf {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final ByteBuffer buffer;
    private final String where;
    private int field;
    private int type;

    Protobuf(ByteBuffer buffer, String where) {
        this.buffer = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
        this.where = where;
    }

    /// Goes to the next field; false at the end. The value has to be read or skipped.
    boolean next() throws VocabularyFormatException {
        if (!buffer.hasRemaining()) {
            return false;
        }
        long tag = varint();
        field = (int) (tag >>> 3);
        type = (int) tag & 7;
        if (tag >>> 32 != 0 || field == 0) {
            throw malformed("a field number of at least 1");
        }
        return true;
    }

    int field() {
        return field;
    }

    long integer() throws VocabularyFormatException {
        expect(VARINT, "a number");
        return varint();
    }

    float number() throws VocabularyFormatException {
        expect(FIXED32, "a float");
        return take(4).getFloat();
    }

    Protobuf message() throws VocabularyFormatException {
        return new Protobuf(slice(), where);
    }

    byte[] bytes() throws VocabularyFormatException {
        ByteBuffer slice = slice();
        byte[] bytes = new byte[slice.remaining()];
        slice.get(bytes);
        return bytes;
    }

    String string() throws VocabularyFormatException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(slice()).toString();
        } catch (CharacterCodingException e) {
            throw new VocabularyFormatException("%s: field %d: expected UTF-8 text, got bytes that are not".formatted(where, field), e);
        }
    }

    void skip() throws VocabularyFormatException {
        switch (type) {
            case VARINT -> varint();
            case FIXED64 -> take(8);
            case BYTES -> slice();
            case FIXED32 -> take(4);
            default -> throw malformed("a field of a known kind");
        }
    }

    private ByteBuffer slice() throws VocabularyFormatException {
        expect(BYTES, "a length");
        return take(varint());
    }

    private ByteBuffer take(long length) throws VocabularyFormatException {
        if (length < 0 || length > buffer.remaining()) {
            throw malformed("%d more bytes".formatted(length));
        }
        ByteBuffer slice = buffer.slice(buffer.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.position(buffer.position() + (int) length);
        return slice;
    }

    private long varint() throws VocabularyFormatException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (!buffer.hasRemaining()) {
                throw malformed("the rest of a number");
            }
            byte b = buffer.get();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw malformed("a number of at most ten bytes");
    }

    private void expect(int wanted, String expected) throws VocabularyFormatException {
        if (type != wanted) {
            throw malformed(expected);
        }
    }

    private VocabularyFormatException malformed(String expected) {
        return new VocabularyFormatException("%s: malformed SentencePiece model: field %d: expected %s, got kind %d and %d bytes"
                .formatted(where, field, expected, type, buffer.remaining()));
    }
}
