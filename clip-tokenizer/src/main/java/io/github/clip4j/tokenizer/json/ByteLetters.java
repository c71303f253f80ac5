package io.github.clip4j.tokenizer.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The letter that GPT-2 writes for each byte: printable ones stand for themselves, the other 68 are U+0100, U+0101 and so on.
final class ByteLetters {
    private static final char[] LETTERS = new char[256];
    private static final int[] BYTES = new int[512];

    static {
        Arrays.fill(BYTES, -1);
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xFF && b != 0xAD);
            LETTERS[b] = (char) (printable ? b : next++);
            BYTES[LETTERS[b]] = b;
        }
    }

    private ByteLetters() {}

    /// The letters of the UTF-8 bytes of `text`.
    static String encode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        char[] letters = new char[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            letters[i] = LETTERS[bytes[i] & 0xff];
        }
        return new String(letters);
    }

    /// The bytes that the letters of a token mean; the token's own UTF-8 bytes when one of them means none.
    static byte[] decode(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            char letter = token.charAt(i);
            if (letter >= BYTES.length || BYTES[letter] < 0) {
                return token.getBytes(StandardCharsets.UTF_8);
            }
            bytes[i] = (byte) BYTES[letter];
        }
        return bytes;
    }
}
