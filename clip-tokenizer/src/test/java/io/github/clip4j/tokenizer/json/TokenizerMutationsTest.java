package io.github.clip4j.tokenizer.json;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.JsonMutations;
import io.github.clip4j.testkit.MutationRun;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.ClipTokenizer;
import io.github.clip4j.tokenizer.TokenizerProfile;
import io.github.clip4j.tokenizer.Vocabulary;
import io.github.clip4j.tokenizer.VocabularyFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Valid files of every kind of tokenizer with one to three words, lines or fields changed: each is read, or refused with
/// [VocabularyFormatException], in bounded time and memory, and what is read encodes a text.
class TokenizerMutationsTest {
    private static final Path TINY = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    private static final String TEXT = "a Photo of 2 ĉats, ﬁne\r\n 日本 \u0301 [MASK]<|endoftext|>";
    private static final int QUICK = 300;

    private static void run(String name, double leastRefused, MutationRun.Maker<byte[]> maker, MutationRun.Reader<byte[]> reader)
            throws InterruptedException {
        MutationRun.ofBytes(name, VocabularyFormatException.class, file -> MutationRun.bound(file.length))
                .survive(QUICK, leastRefused, maker, reader);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma", "t5", "unigram_bytes", "bert", "bert_cased", "clip", "bpe_prefix", "roberta", "xlm_roberta"})
    void tokenizerJson(String name) throws IOException, InterruptedException {
        String json = Files.readString(GoldenTokenizers.FOLDER.resolve(name + ".json"));
        run("tokenizer.json " + name, 0.1, random -> JsonMutations.next(json, random).getBytes(StandardCharsets.UTF_8),
                file -> use(JsonTokenizer.read(file, "tokenizer.json")));
    }

    /// A file that is read may lack a token for unknown characters: then a text with one is an error of that text.
    private static void use(JsonTokenizer tokenizer) {
        try {
            assertThat(tokenizer.decode(tokenizer.encode(TEXT).ids(), false)).isNotNull();
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("the tokenizer has no token for U+");
        }
    }

    @ParameterizedTest
    @EnumSource(SentencePieceFamily.class)
    void sentencePiece(SentencePieceFamily family) throws IOException, InterruptedException {
        byte[] model = Files.readAllBytes(GoldenTokenizers.FOLDER.resolve(family + ".model"));
        run("spiece.model " + family, 0.1, random -> protobuf(model, random),
                file -> use(JsonTokenizer.readSentencePiece(file, "spiece.model", family)));
    }

    /// A message in which one or two fields of the first level have been left out, doubled, moved, or have another byte. The lengths of the
    /// others stay right.
    private static byte[] protobuf(byte[] model, SplittableRandom random) {
        List<byte[]> fields = fields(model);
        for (int n = random.nextInt(1, 3); n > 0; n--) {
            int at = random.nextBoolean() ? random.nextInt(fields.size()) : fields.size() - 1 - random.nextInt(Math.min(4, fields.size()));
            byte[] field = fields.get(at);
            switch (random.nextInt(8)) {
                case 0 -> fields.remove(at);
                case 1 -> fields.add(random.nextInt(fields.size()), field);
                case 2 -> fields.set(at, fields.get(random.nextInt(fields.size())));
                default -> {
                    byte[] changed = field.clone();
                    changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
                    fields.set(at, changed);
                }
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        fields.forEach(out::writeBytes);
        return out.toByteArray();
    }

    /// The fields of a message whose fields are all messages: a tag of one byte, a length of one to five, and as many bytes.
    private static List<byte[]> fields(byte[] model) {
        List<byte[]> fields = new ArrayList<>();
        for (int at = 0; at < model.length; ) {
            int length = 0;
            int digits = 0;
            int b;
            do {
                b = model[at + 1 + digits];
                length |= (b & 0x7f) << (7 * digits++);
            } while (b < 0);
            int end = at + 1 + digits + length;
            fields.add(Arrays.copyOfRange(model, at, end));
            at = end;
        }
        return fields;
    }

    @ParameterizedTest
    @ValueSource(strings = {"vocab.json", "merges.txt", "bpe_simple_vocab_16e6.txt.gz"})
    void vocabulary(String name) throws IOException, InterruptedException {
        String vocab = Files.readString(TINY.resolve("vocab.json"));
        String merges = Files.readString(TINY.resolve("merges.txt"));
        run(name, 0.1, random -> switch (name) {
            case "vocab.json" -> JsonMutations.next(vocab, random).getBytes(StandardCharsets.UTF_8);
            case "merges.txt" -> lines(merges, random).getBytes(StandardCharsets.UTF_8);
            default -> gzip(lines(merges, random));
        }, file -> {
            Map<String, byte[]> files = new HashMap<>();
            if (!name.endsWith("gz")) {
                files.put("vocab.json", vocab.getBytes(StandardCharsets.UTF_8));
                files.put("merges.txt", merges.getBytes(StandardCharsets.UTF_8));
            }
            files.put(name, file);
            ClipTokenizer tokenizer = new ClipTokenizer(Vocabulary.of(files), TokenizerProfile.HF);
            assertThat(tokenizer.decode(tokenizer.encode(TEXT))).isNotNull();
        });
    }

    /// The small files beside a CLIP's vocabulary.
    @ParameterizedTest
    @ValueSource(strings = {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"})
    void besideTheVocabulary(String name) throws IOException, InterruptedException {
        String json = switch (name) {
            case "tokenizer_config.json" -> """
                    {"added_tokens_decoder": {"635": {"content": "<|startoftext|>", "normalized": true, "special": true},
                      "636": {"content": "<|endoftext|>", "lstrip": false, "special": true}, "637": {"content": "<toy>", "rstrip": true}},
                     "bos_token": "<|startoftext|>", "pad_token": {"__type": "AddedToken", "content": "!", "lstrip": false},
                     "extra_special_tokens": {"image_token": "<image>"}, "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}""";
            case "special_tokens_map.json" -> """
                    {"additional_special_tokens": ["<a>", {"content": "<b>", "lstrip": true}], "pad_token": "!",
                     "unk_token": {"content": "<|endoftext|>", "single_word": false, "normalized": true}}""";
            default -> "{\"<toy>\": 637, \"<b>\": 638, \"<|endoftext|>\": 636}";
        };
        Map<String, byte[]> files = new HashMap<>();
        files.put("vocab.json", Files.readAllBytes(TINY.resolve("vocab.json")));
        files.put("merges.txt", Files.readAllBytes(TINY.resolve("merges.txt")));
        run(name, 0.1, random -> JsonMutations.next(json, random).getBytes(StandardCharsets.UTF_8), file -> {
            Map<String, byte[]> all = new HashMap<>(files);
            all.put(name, file);
            ClipTokenizer tokenizer = new ClipTokenizer(Vocabulary.of(all), TokenizerProfile.HF);
            assertThat(tokenizer.decode(tokenizer.encodePadded(TEXT, 200))).isNotNull();
        });
    }

    /// One to three lines changed: left out, doubled, their halves exchanged or joined, a letter more.
    private static String lines(String text, SplittableRandom random) {
        List<String> lines = new ArrayList<>(text.lines().toList());
        for (int n = random.nextInt(1, 4); n > 0; n--) {
            int at = random.nextInt(lines.size());
            String line = lines.get(at);
            String other = lines.get(random.nextInt(lines.size()));
            int space = line.indexOf(' ');
            switch (random.nextInt(7)) {
                case 0 -> lines.remove(at);
                case 1 -> lines.add(random.nextInt(lines.size()), line);
                case 2 -> lines.set(at, line.substring(space + 1) + " " + line.substring(0, Math.max(0, space)));
                case 3 -> lines.set(at, line.replace(" ", ""));
                case 4 -> lines.set(at, line + "x");
                case 5 -> lines.set(at, line + " " + other);
                default -> lines.set(at, other);
            }
        }
        return String.join(random.nextInt(8) == 0 ? "\r\n" : "\n", lines);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }
}
