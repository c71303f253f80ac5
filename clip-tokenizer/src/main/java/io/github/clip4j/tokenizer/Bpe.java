package io.github.clip4j.tokenizer;

import io.github.clip4j.tokenizer.bpe.Merges;
import java.nio.charset.StandardCharsets;

/// Byte-pair encoding of one word: its bytes become tokens, the last one with `</w>` behind it, and [Merges] does the rest.
final class Bpe {
    /// Written behind the last byte of a word.
    static final String END_OF_WORD = "</w>";

    private final Vocabulary vocabulary;
    private final int[] byteTokens = new int[256];
    private final int[] lastByteTokens = new int[256];

    Bpe(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        for (int b = 0; b < 256; b++) {
            String character = String.valueOf(ByteAlphabet.characterOf((byte) b));
            byteTokens[b] = vocabulary.id(character).orElseThrow();
            lastByteTokens[b] = vocabulary.id(character + END_OF_WORD).orElseThrow();
        }
    }

    /// The tokens of `word`, which is not empty.
    int[] encode(String word) {
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        int[] tokens = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            tokens[i] = (i < bytes.length - 1 ? byteTokens : lastByteTokens)[bytes[i] & 0xff];
        }
        return vocabulary.merges().merge(tokens);
    }
}
