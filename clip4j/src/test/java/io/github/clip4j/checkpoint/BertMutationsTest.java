package io.github.clip4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.testkit.JsonMutations;
import io.github.clip4j.testkit.MutationRun;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.Tokenizer;
import io.github.clip4j.tokenizer.VocabularyFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Text encoders of BERT's kind, and MobileCLIP's config, with one to three values of one file changed: each is understood, or refused with
/// [WeightFormatException] or [VocabularyFormatException], in bounded time and memory, and what is understood encodes a text.
class BertMutationsTest {
    private static final Path GOLDEN = ReferenceData.projectRoot().resolve("clip4j/src/test/resources/golden/bert");
    private static final String TEXT = "Two cats, ein ĉat\r\n 日本 \u0301 [MASK]<s>";
    private static final int QUICK = 300;
    private static final int CONTEXT = 16;

    private static void understand(Map<String, byte[]> files) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.ofBytes("m", files)) {
            checkpoint.origins();
            Profile profile = checkpoint.profile();
            checkpoint.config();
            checkpoint.preprocessing(profile);
            checkpoint.check();
            Optional<Tokenizer> tokenizer = checkpoint.tokenizer(profile);
            if (tokenizer.isPresent()) {
                encode(tokenizer.get());
            }
        } catch (VocabularyFormatException e) {
            throw new WeightFormatException(String.valueOf(e.getMessage()), e); // one documented exception is as good as the other
        }
    }

    /// A vocabulary may lack a token for unknown characters: then a text with one is an error of that text.
    private static void encode(Tokenizer tokenizer) {
        try {
            int[] ids = tokenizer.withTruncation(true).encode(TEXT, CONTEXT);
            tokenizer.decode(ids);
            if (ids.length > CONTEXT) {
                throw new AssertionError("expected at most %d ids, got %d".formatted(CONTEXT, ids.length));
            }
        } catch (IllegalArgumentException e) {
            if (!String.valueOf(e.getMessage()).contains("the tokenizer has no token for U+")) {
                throw e;
            }
        }
    }

    private static Map<String, byte[]> files(String model) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        Path folder = model.startsWith("nllb") ? GOLDEN.resolveSibling(model)
                : model.equals("mobileclip") ? GOLDEN.resolveSibling("mobileclip/l14") : GOLDEN.resolve(model);
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(folder.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
            }
        }
        files.remove("expected.json");
        return files;
    }

    @ParameterizedTest
    @CsvSource({
        "chinese_clip, config.json, 0.2", "chinese_clip, vocab.txt, 0", "chinese_clip, tokenizer_config.json, 0",
        "chinese_clip, special_tokens_map.json, 0", "metaclip_2, config.json, 0.2", "metaclip_2, tokenizer.json, 0.1",
        "metaclip_2, tokenizer_config.json, 0", "multilingual_v1, config.json, 0.1", "multilingual_v1, modules.json, 0.2",
        "multilingual_v1, 1_Pooling/config.json, 0.1", "multilingual_v1, 2_Dense/config.json, 0.1",
        "multilingual_v1, sentence_bert_config.json, 0.1", "multilingual_v1, config_sentence_transformers.json, 0.1",
        "xlm_roberta, tokenizer.json, 0.1", "xlm_roberta, 2_Dense/config.json, 0.1", "m_clip, config.json, 0.9",
        "open_clip, open_clip_config.json, 0.9", "mobileclip, open_clip_config.json, 0.9",
        "nllb/clip, open_clip_config.json, 0.3", "nllb/clip, tokenizer.json, 0.1", "nllb/clip, tokenizer_config.json, 0.05"
    })
    void files(String model, String name, double leastRefused) throws IOException, InterruptedException {
        Map<String, byte[]> files = files(model.equals("m_clip") || model.equals("open_clip") ? "xlm_roberta" : model);
        String own = other(model, name);
        if (model.equals("open_clip") || model.equals("m_clip")) {
            files.keySet().removeIf(file -> file.endsWith("config.json") || file.equals("modules.json"));
        }
        String text = own.isEmpty() ? new String(files.get(name), StandardCharsets.UTF_8) : own;
        long others = files.values().stream().mapToLong(file -> file.length).sum();
        MutationRun.ofBytes(model + " " + name, WeightFormatException.class, file -> MutationRun.bound(file.length + others))
                .survive(QUICK, leastRefused, random -> changed(name, text, random).getBytes(StandardCharsets.UTF_8), file -> {
                    Map<String, byte[]> all = new HashMap<>(files);
                    all.put(name, file);
                    understand(all);
                });
    }

    /// The files that the golden folders lack, as published repositories have them.
    private static String other(String model, String name) {
        return model.startsWith("nllb") ? "" : switch (name) {
            case "special_tokens_map.json" -> """
                    {"cls_token": "[CLS]", "mask_token": {"content": "[MASK]", "lstrip": true, "normalized": false, "rstrip": false,
                     "single_word": false}, "pad_token": "[PAD]", "sep_token": "[SEP]", "unk_token": "[UNK]",
                     "additional_special_tokens": ["<cat>", "<dog>"]}""";
            case "tokenizer_config.json" -> model.equals("metaclip_2") ? """
                    {"added_tokens_decoder": {"0": {"content": "<s>", "special": true}, "1": {"content": "<pad>", "special": true},
                      "2": {"content": "</s>", "lstrip": false, "special": true}},
                     "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "model_max_length": 77,
                     "tokenizer_class": "XLMRobertaTokenizer"}""" : """
                    {"do_lower_case": true, "strip_accents": null, "tokenize_chinese_chars": true, "pad_token": "[PAD]",
                     "additional_special_tokens": ["<cat>"], "tokenizer_class": "BertTokenizer", "padding_side": "right"}""";
            case "config_sentence_transformers.json" -> """
                    {"__version__": {"sentence_transformers": "3.0.0"}, "prompts": {"query": "", "document": "a "},
                     "default_prompt_name": null, "similarity_fn_name": null}""";
            case "open_clip_config.json" -> model.equals("mobileclip") ? """
                    {"model_cfg": {"embed_dim": 20, "vision_cfg": {"timm_model_name": "vit_large_patch14_clip_224", "timm_proj": null,
                      "timm_pool": "token", "image_size": 224},
                     "text_cfg": {"context_length": 16, "vocab_size": 526, "width": 24, "heads": 3, "layers": 2, "no_causal_mask": true}},
                     "preprocess_cfg": {"mean": [0, 0, 0], "std": [1, 1, 1], "interpolation": "bilinear"}}""" : """
                    {"model_cfg": {"embed_dim": 512, "quick_gelu": false,
                     "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
                     "text_cfg": {"hf_model_name": "xlm-roberta-base", "hf_tokenizer_name": "xlm-roberta-base", "hf_proj_type": "mlp",
                      "hf_pooler_type": "mean_pooler"}},
                     "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.25, 0.5]}}""";
            default -> model.equals("m_clip") ? """
                    {"modelBase": "xlm-roberta-large", "transformerDimensions": 1024, "numDims": 640, "model_type": "M-CLIP",
                     "architectures": ["MultilingualCLIP"], "torch_dtype": "float32"}""" : "";
        };
    }

    /// Found by this test: tables of more numbers than an array has were refused by another exception, when their tensors were looked for.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "chinese_clip | config.json | \"type_vocab_size\": 2, | \"type_vocab_size\": 2147483647, | segment embeddings: expected at most",
        "multilingual_v1 | config.json | \"vocab_size\": 753 | \"vocab_size\": 2147483647 | token embeddings: expected at most 2^31-1",
        "multilingual_v1 | 2_Dense/config.json | \"out_features\": 20 | \"out_features\": 2147483647 | text projection: expected at most"
    })
    void tablesLargerThanAnArrayAreRefused(String model, String name, String old, String changed, String message) throws IOException {
        Map<String, byte[]> files = files(model);
        String text = new String(files.get(name), StandardCharsets.UTF_8);
        assertThat(text).contains(old);
        files.put(name, text.replace(old, changed).getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> understand(files)).isInstanceOf(WeightFormatException.class).hasMessageContaining(message);
    }

    private static String changed(String name, String text, SplittableRandom random) {
        if (!name.endsWith(".txt")) {
            return JsonMutations.next(text, random);
        }
        List<String> lines = new ArrayList<>(text.lines().toList());
        for (int n = random.nextInt(1, 4); n > 0; n--) {
            int at = random.nextInt(random.nextBoolean() ? 8 : lines.size()); // the special tokens are at the beginning
            switch (random.nextInt(5)) {
                case 0 -> lines.remove(at);
                case 1 -> lines.add(random.nextInt(lines.size()), lines.get(at));
                case 2 -> lines.set(at, "");
                case 3 -> lines.set(at, lines.get(at) + "\u0085\t");
                default -> lines.set(at, "#".repeat(random.nextInt(400)));
            }
        }
        return String.join(random.nextInt(8) == 0 ? "\r\n" : "\n", lines);
    }
}
