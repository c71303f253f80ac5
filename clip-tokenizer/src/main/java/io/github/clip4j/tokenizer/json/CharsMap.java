package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.VocabularyFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// SentencePiece's precompiled table of character replacements.
///
/// The layout is: the size of a trie in bytes, the trie as 32-bit units in the order of a Darts double array, then the replacements, each
/// ended by a NUL. It is applied as the reference does it, which is not what SentencePiece does: a grapheme of less than six bytes is
/// looked up as a whole, the **shortest** entry that begins it wins, and the rest of the grapheme is lost. Longer ones are looked up
/// character by character.
final class CharsMap {
    private static final int GRAPHEME_BYTES = 6;

    private final int[] units;
    private final byte[] replacements;
    private final @Nullable String[] ascii = new @Nullable String[128];

    private CharsMap(int[] units, byte[] replacements) {
        this.units = units;
        this.replacements = replacements;
        for (int c = 0; c < ascii.length; c++) {
            ascii[c] = lookUp(String.valueOf((char) c));
        }
    }

    /// @param where file and path of the table, for messages
    static CharsMap of(byte[] bytes, String where) throws VocabularyFormatException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long size = bytes.length < 4 ? -1 : Integer.toUnsignedLong(buffer.getInt());
        if (size < 4 || size % 4 != 0 || size > bytes.length - 4) {
            throw new VocabularyFormatException(
                    "%s: expected a trie of 4 to %d bytes in whole units, got a size of %d".formatted(where, bytes.length - 4, size));
        }
        int[] units = new int[(int) size / 4];
        buffer.asIntBuffer().get(units);
        byte[] replacements = new byte[bytes.length - 4 - (int) size];
        buffer.position(4 + (int) size).get(replacements);
        try {
            CharBuffer _ = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(replacements));
        } catch (CharacterCodingException e) {
            throw new VocabularyFormatException(where + ": expected replacements in UTF-8, got bytes that are not", e);
        }
        return new CharsMap(units, replacements);
    }

    String apply(String text) {
        StringBuilder result = new StringBuilder(text.length());
        Graphemes graphemes = new Graphemes(text);
        for (int i = 0; i < text.length(); ) {
            char c = text.charAt(i);
            int end = graphemes.end(i);
            if (end == i + 1 && c < 128) {
                String replacement = ascii[c];
                if (replacement == null) {
                    result.append(c);
                } else {
                    result.append(replacement);
                }
            } else {
                applyToGrapheme(text.substring(i, end), result);
            }
            i = end;
        }
        return result.toString();
    }

    private void applyToGrapheme(String grapheme, StringBuilder result) {
        if (utf8Length(grapheme) < GRAPHEME_BYTES) {
            String replacement = lookUp(grapheme);
            if (replacement != null) {
                result.append(replacement);
                return;
            }
        }
        for (int i = 0; i < grapheme.length(); ) {
            int next = i + Character.charCount(grapheme.codePointAt(i));
            String character = grapheme.substring(i, next);
            String replacement = lookUp(character);
            result.append(replacement == null ? character : replacement);
            i = next;
        }
    }

    private static int utf8Length(String text) {
        int length = 0;
        for (int i = 0; i < text.length() && length < GRAPHEME_BYTES; i++) {
            char c = text.charAt(i);
            length += c < 0x80 ? 1 : c < 0x800 ? 2 : Character.isSurrogate(c) ? 2 : 3;
        }
        return length;
    }

    /// The replacement of the shortest entry that begins `key`, or null.
    private @Nullable String lookUp(String key) {
        int node = offset(units[0]);
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
            if (b == 0) {
                return null;
            }
            node ^= b & 0xff;
            if (node >= units.length) {
                return null; // a damaged table; the reference stops with an error
            }
            int unit = units[node];
            if ((unit & 0x8000_00FF) != (b & 0xff)) {
                return null;
            }
            node ^= offset(unit);
            if ((unit >> 8 & 1) == 1) {
                return node < units.length ? replacementAt(units[node] & 0x7FFF_FFFF) : null;
            }
        }
        return null;
    }

    /// Bits 10 to 30 of a unit, times 256 when bit 9 is set. Not negative: 21 bits and 8 more.
    private static int offset(int unit) {
        return (unit >>> 10) << ((unit & 1 << 9) >> 6);
    }

    private @Nullable String replacementAt(int start) {
        int end = start;
        while (end < replacements.length && replacements[end] != 0) {
            end++;
        }
        return start > replacements.length ? null : new String(replacements, start, end - start, StandardCharsets.UTF_8);
    }
}
