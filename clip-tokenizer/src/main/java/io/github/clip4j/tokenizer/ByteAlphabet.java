package io.github.clip4j.tokenizer;

import java.util.Arrays;

/// GPT-2's bijection between bytes and printable characters, in which vocabularies and merges are written (openai/CLIP
/// `simple_tokenizer.py`, `bytes_to_unicode`).
///
/// A byte that prints in Latin-1 is its own character. The other 68, space and control characters among them, become U+0100 onwards in
/// ascending order: a space is `Ġ` (U+0120).
final class ByteAlphabet {
    private static final char[] CHARACTER_OF = characters();
    private static final short[] BYTE_OF = bytes();

    private ByteAlphabet() {}

    private static char[] characters() {
        char[] characters = new char[256];
        char next = 0x100;
        for (int b = 0; b < 256; b++) {
            boolean prints = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            characters[b] = prints ? (char) b : next++;
        }
        return characters;
    }

    private static short[] bytes() {
        short[] bytes = new short[0x100 + 68];
        Arrays.fill(bytes, (short) -1);
        for (int b = 0; b < 256; b++) {
            bytes[CHARACTER_OF[b]] = (short) b;
        }
        return bytes;
    }

    /// The 256 characters as vocabularies list them: in ascending order, which puts the printable bytes first.
    static char[] inVocabularyOrder() {
        char[] characters = CHARACTER_OF.clone();
        Arrays.sort(characters);
        return characters;
    }

    /// The character of a byte.
    static char characterOf(byte b) {
        return CHARACTER_OF[b & 0xff]; // Java's bytes are signed
    }

    /// The byte of a character, or -1.
    static int byteOf(char character) {
        return character < BYTE_OF.length ? BYTE_OF[character] : -1;
    }
}
