package io.github.clip4j.tokenizer;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/// OpenAI's compressed file of merges (openai/CLIP `clip/simple_tokenizer.py`): a version line, then one merge a line. The tokens follow
/// from them: the bytes, the bytes at the end of a word, the joins, start and end of text.
final class SimpleVocabulary {
    /// The file's name, as openai/CLIP and open_clip ship it.
    static final String FILE = "bpe_simple_vocab_16e6.txt.gz";

    /// The merges that OpenAI's tokenizer uses of that file, written as in openai/CLIP `clip/simple_tokenizer.py`.
    private static final int MERGES = 49_152 - 256 - 2;

    private SimpleVocabulary() {}

    static Vocabulary read(Path file) throws IOException {
        return read(Vocabulary.bytes(file), String.valueOf(file.getFileName()));
    }

    static Vocabulary read(byte[] compressed, String where) throws IOException {
        Map<String, Integer> ids = new HashMap<>(1 << 17);
        for (String suffix : List.of("", Bpe.END_OF_WORD)) {
            for (char character : ByteAlphabet.inVocabularyOrder()) {
                ids.put(character + suffix, ids.size());
            }
        }
        String place = where + ":";
        List<String[]> merges = new ArrayList<>();
        String[] lines = uncompressed(compressed, where).split("\n", MERGES + 2);
        for (int i = 1; i < lines.length && merges.size() < MERGES; i++) {
            if (!lines[i].isEmpty()) {
                String[] pair = VocabularyFiles.pair(lines[i], place, i + 1);
                merges.add(pair);
                ids.putIfAbsent(pair[0] + pair[1], ids.size());
            }
        }
        ids.putIfAbsent(Vocabulary.START_OF_TEXT, ids.size());
        ids.putIfAbsent(Vocabulary.END_OF_TEXT, ids.size());
        return new Vocabulary(ids, merges, where);
    }

    private static String uncompressed(byte[] compressed, String where) throws IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(compressed))) {
            byte[] bytes = in.readNBytes((int) Vocabulary.MAX_BYTES);
            if (in.read() >= 0) {
                throw new VocabularyFormatException("%s: expected at most %,d bytes of text, got more"
                        .formatted(where, Vocabulary.MAX_BYTES));
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (ZipException | EOFException e) {
            throw new VocabularyFormatException("%s: expected a complete gzip file: %s".formatted(where, e.getMessage()), e);
        }
    }
}
