package io.github.clip4j.checkpoint;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.testkit.JsonMutations;
import io.github.clip4j.testkit.MutationRun;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Valid checkpoints with one to three values of a config, or names of the tensors, changed: each is understood, or refused with
/// [WeightFormatException], in bounded time and memory. A config that asks for a large model allocates nothing of it.
class CheckpointMutationsTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    private static final int QUICK = 2_000;

    /// Everything that is asked of a checkpoint before a model is made of it.
    private static void understand(Map<String, byte[]> files) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.ofBytes("m", files)) {
            checkpoint.leftOut();
            checkpoint.origins();
            checkpoint.layout();
            Profile profile = checkpoint.profile();
            checkpoint.config(Optional.of(Activation.GELU));
            checkpoint.preprocessing(profile);
            checkpoint.check();
        }
    }

    private static Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        for (String name : List.of("config.json", "preprocessor_config.json", "model.safetensors")) {
            files.put(name, Files.readAllBytes(MODEL.resolve(name)));
        }
        return files;
    }

    private static void run(String name, Map<String, byte[]> files, MutationRun.Maker<byte[]> maker) throws InterruptedException {
        long others = files.values().stream().mapToLong(file -> file.length).sum();
        MutationRun.ofBytes(name, WeightFormatException.class, file -> MutationRun.bound(file.length + others))
                .survive(QUICK, 0.2, maker, file -> {
                    Map<String, byte[]> all = new HashMap<>(files);
                    all.put(name, file);
                    understand(all);
                });
    }

    @ParameterizedTest
    @CsvSource({"config.json", "preprocessor_config.json", "processor_config.json", "open_clip_config.json", "modules.json"})
    void configs(String name) throws IOException, InterruptedException {
        Map<String, byte[]> files = files();
        String text =
                switch (name) {
                    case "processor_config.json" -> "{\"image_processor\": %s, \"processor_class\": \"CLIPProcessor\"}"
                            .formatted(Files.readString(MODEL.resolve("preprocessor_config.json")));
                    case "open_clip_config.json" -> {
                        files.remove("config.json");
                        yield """
                                {"model_cfg": {"embed_dim": 24, "quick_gelu": true, "custom_text": false,
                                 "vision_cfg": {"image_size": 30, "layers": 3, "width": 40, "head_width": 8, "patch_size": 7,
                                  "mlp_ratio": 2.5, "no_ln_pre": false},
                                 "text_cfg": {"context_length": 20, "vocab_size": 637, "width": 36, "heads": 3, "layers": 2,
                                  "mlp_ratio": 2.0, "proj_bias": false}},
                                 "preprocess_cfg": {"size": [30, 30], "mean": 0.5, "std": [0.5, 0.25, 0.5], "interpolation": "bicubic"}}""";
                    }
                    case "modules.json" -> {
                        for (String each : List.copyOf(files.keySet())) {
                            files.put("0_CLIPModel/" + each, files.get(each));
                            files.remove(each);
                        }
                        yield """
                                [{"idx": 0, "name": "0", "path": "0_CLIPModel", "type": "sentence_transformers.models.CLIPModel"},
                                 {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"}]""";
                    }
                    default -> Files.readString(MODEL.resolve(name));
                };
        run(name, files, random -> JsonMutations.next(text, random).getBytes(StandardCharsets.UTF_8));
    }

    /// The names and shapes of the tensors, with the offsets as they are.
    @Test
    void tensors() throws IOException, InterruptedException {
        byte[] file = Files.readAllBytes(MODEL.resolve("model.safetensors"));
        int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        String header = new String(file, 8, length, StandardCharsets.UTF_8);
        byte[] data = Arrays.copyOfRange(file, 8 + length, file.length);
        List<String> parts = List.of(
                "module.", "ema.", "visual.", "text_model.", "vision_model.", "class_embedding", "token_embedding.weight", "lora_A",
                        ".weight", ".0.",
                "transformer.resblocks.0.attn.in_proj_weight", "x".repeat(2_000), "\\u0000", "..");
        Pattern name = Pattern.compile("\"([a-z_0-9.]+)\": ?\\{\"dtype");
        run("model.safetensors", files(), random -> {
            String text = header;
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                List<MatchResult> names = name.matcher(text).results().toList();
                MatchResult at = names.get(random.nextInt(names.size()));
                String part = parts.get(random.nextInt(parts.size()));
                String old = at.group(1);
                String renamed = switch (random.nextInt(4)) {
                    case 0 -> part + old;
                    case 1 -> old + part;
                    case 2 -> old.substring(old.indexOf('.') + 1);
                    default -> part;
                };
                text = text.substring(0, at.start(1)) + renamed + text.substring(at.end(1));
            }
            byte[] json = text.getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).put(
                    data)
                    .array();
        });
    }
}
