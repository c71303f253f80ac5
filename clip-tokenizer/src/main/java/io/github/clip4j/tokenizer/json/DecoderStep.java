package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.json.PreTokenizerStep.PrependScheme;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// A decoder: what makes text of tokens again. The records have the names and fields of `tokenizer.json`.
sealed interface DecoderStep {
    /// The parts of the text; joined they are the text.
    List<String> apply(List<String> tokens);

    /// One after the other.
    record Sequence(List<DecoderStep> decoders) implements DecoderStep {
        @Override
        public List<String> apply(List<String> tokens) {
            List<String> result = tokens;
            for (DecoderStep decoder : decoders) {
                result = decoder.apply(result);
            }
            return result;
        }
    }

    /// `BPEDecoder`: the suffix of a word is a space, and at the end of the text nothing.
    record Bpe(String suffix) implements DecoderStep {
        @Override
        public List<String> apply(List<String> tokens) {
            List<String> result = new ArrayList<>(tokens.size());
            for (int i = 0; i < tokens.size(); i++) {
                result.add(tokens.get(i).replace(suffix, i == tokens.size() - 1 ? "" : " "));
            }
            return result;
        }
    }

    /// `ByteLevel`: letters become bytes, and bytes UTF-8.
    record ByteLevel() implements DecoderStep {
        @Override
        public List<String> apply(List<String> tokens) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            tokens.forEach(token -> bytes.writeBytes(ByteLetters.decode(token)));
            return List.of(bytes.toString(StandardCharsets.UTF_8));
        }
    }

    /// `WordPiece`: tokens that go on with a word lose their prefix, the others get a space.
    record WordPiece(String prefix, boolean cleanup) implements DecoderStep {
        @Override
        public List<String> apply(List<String> tokens) {
            List<String> result = new ArrayList<>(tokens.size());
            for (int i = 0; i < tokens.size(); i++) {
                String token = tokens.get(i);
                String spaced = i == 0 ? token : token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
                result.add(cleanup ? cleanedUp(spaced) : spaced);
            }
            return result;
        }

        private static String cleanedUp(String token) {
            return token.replace(" .", ".")
                    .replace(" ?", "?")
                    .replace(" !", "!")
                    .replace(" ,", ",")
                    .replace(" ' ", "'")
                    .replace(" n't", "n't")
                    .replace(" 'm", "'m")
                    .replace(" do not", " don't")
                    .replace(" 's", "'s")
                    .replace(" 've", "'ve")
                    .replace(" 're", "'re");
        }
    }

    /// `Metaspace`: the visible character is a space, and nothing in the first token.
    record Metaspace(char replacement, PrependScheme prependScheme) implements DecoderStep {
        @Override
        public List<String> apply(List<String> tokens) {
            List<String> result = new ArrayList<>(tokens.size());
            for (String token : tokens) {
                boolean drops = result.isEmpty() && prependScheme != PrependScheme.NEVER;
                result.add(token.replace(String.valueOf(replacement), drops ? "" : " "));
            }
            return result;
        }
    }

    /// `Replace`, in every token.
    record Replace(TextPattern pattern, String content) implements DecoderStep {
        @Override
        public List<String> apply(List<String> tokens) {
            return tokens.stream()
                    .map(token -> NormalizerStep.Replace.replace(token, pattern.matches(token), content))
                    .toList();
        }
    }

    /// `Fuse`: one part of all.
    record Fuse() implements DecoderStep {
        @Override
        public List<String> apply(List<String> tokens) {
            return List.of(String.join("", tokens));
        }
    }

    /// `Strip`: at most `start` and `stop` of a character at the ends of every token.
    record Strip(int content, int start, int stop) implements DecoderStep {
        @Override
        public List<String> apply(List<String> tokens) {
            return tokens.stream().map(this::stripped).toList();
        }

        private String stripped(String token) {
            int[] characters = token.codePoints().toArray();
            int from = 0;
            while (from < start && from < characters.length && characters[from] == content) {
                from++;
            }
            int to = characters.length;
            while (characters.length - to < stop && to > from && characters[to - 1] == content) {
                to--;
            }
            return new String(characters, from, to - from);
        }
    }

    /// `ByteFallback`: runs of `<0x00>` to `<0xFF>` become UTF-8, or a replacement character for each when they are not.
    record ByteFallback() implements DecoderStep {
        @Override
        public List<String> apply(List<String> tokens) {
            List<String> result = new ArrayList<>(tokens.size());
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (String token : tokens) {
                int b = byteOf(token);
                if (b >= 0) {
                    bytes.write(b);
                } else {
                    flush(bytes, result);
                    result.add(token);
                }
            }
            flush(bytes, result);
            return result;
        }

        private static void flush(ByteArrayOutputStream bytes, List<String> result) {
            if (bytes.size() > 0) {
                try {
                    result.add(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString());
                } catch (CharacterCodingException e) {
                    result.addAll(Collections.nCopies(bytes.size(), "\uFFFD"));
                }
                bytes.reset();
            }
        }

        /// The byte that `<0x41>` names, or −1. The reference also reads `<0x+4>`.
        private static int byteOf(String token) {
            if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
                return -1;
            }
            char first = token.charAt(3);
            char second = token.charAt(4);
            if (first > 'f' || second > 'f') {
                return -1; // also full-width digits, which Character.digit knows
            }
            int high = first == '+' ? 0 : Character.digit(first, 16);
            int low = Character.digit(second, 16);
            return high < 0 || low < 0 ? -1 : high << 4 | low;
        }
    }
}
