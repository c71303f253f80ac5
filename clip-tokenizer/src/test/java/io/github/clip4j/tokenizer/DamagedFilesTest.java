package io.github.clip4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonPrimitive;
import io.github.clip4j.testkit.Mutations;
import io.github.clip4j.testkit.ReferenceData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Ten thousand damaged versions of each file of a vocabulary: each is read, or refused with [VocabularyFormatException].
class DamagedFilesTest {
    private static final Path GOLDEN = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");

    @TempDir
    private Path directory = Path.of("");

    /// Reads a vocabulary from the directory.
    private interface Reader {
        Vocabulary read() throws IOException;
    }

    private void survives(byte[] original, String name, Reader reader) throws IOException {
        Mutations.survive(original, directory.resolve(name), VocabularyFormatException.class, 500, file -> {
            ClipTokenizer tokenizer = new ClipTokenizer(reader.read(), TokenizerProfile.HF);
            assertThat(tokenizer.decode(tokenizer.encode("a photo of 2 cats"))).isNotNull();
        });
    }

    @Test
    void vocabJson() throws IOException {
        Files.copy(GOLDEN.resolve("merges.txt"), directory.resolve("merges.txt"));
        survives(Files.readAllBytes(GOLDEN.resolve("vocab.json")), "vocab.json", () -> Vocabulary.read(directory));
    }

    @Test
    void mergesText() throws IOException {
        Files.copy(GOLDEN.resolve("vocab.json"), directory.resolve("vocab.json"));
        survives(Files.readAllBytes(GOLDEN.resolve("merges.txt")), "merges.txt", () -> Vocabulary.read(directory));
    }

    @Test
    void whatStandsBesideTheVocabulary() throws IOException {
        Files.copy(GOLDEN.resolve("vocab.json"), directory.resolve("vocab.json"));
        Files.copy(GOLDEN.resolve("merges.txt"), directory.resolve("merges.txt"));
        String config = """
                {"added_tokens_decoder": {"637": {"content": "<dog>", "lstrip": true, "rstrip": false, "normalized": true,
                "single_word": false, "special": false}}, "bos_token": {"content": "<|startoftext|>"}, "pad_token": "!",
                "additional_special_tokens": ["<cat>", {"content": "<mouse>", "lstrip": true}], "model_max_length": 77}""";
        survives(config.getBytes(StandardCharsets.UTF_8), "tokenizer_config.json", () -> Vocabulary.read(directory));
        Files.delete(directory.resolve("tokenizer_config.json"));
        String map = """
                {"bos_token": {"content": "<|startoftext|>"}, "eos_token": "<|endoftext|>", "unk_token": "<unk>",
                "extra_special_tokens": {"cat_token": "<cat>"}}""";
        survives(map.getBytes(StandardCharsets.UTF_8), "special_tokens_map.json", () -> Vocabulary.read(directory));
    }

    @Test
    void tokenizerJson() throws IOException {
        StringBuilder merges = new StringBuilder();
        for (String line : Files.readAllLines(GOLDEN.resolve("merges.txt"))) {
            if (!line.startsWith("#")) {
                merges.append(merges.isEmpty() ? "" : ",").append(new JsonPrimitive(line));
            }
        }
        String json = """
                {"version": "1.0", "added_tokens": [{"id": 635, "content": "<|startoftext|>"}, {"id": 636, "content": "<|endoftext|>"}],
                 "model": {"type": "BPE", "end_of_word_suffix": "</w>", "vocab": %s, "merges": [%s]}}"""
                .formatted(Files.readString(GOLDEN.resolve("vocab.json")), merges);
        survives(json.getBytes(StandardCharsets.UTF_8), "tokenizer.json", () -> Vocabulary.read(directory));
    }

    @Test
    void simpleVocabulary() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(Files.readAllBytes(GOLDEN.resolve("merges.txt")));
        }
        survives(bytes.toByteArray(), "bpe.txt.gz", () -> SimpleVocabulary.read(directory.resolve("bpe.txt.gz")));
    }
}
