package io.github.clip4j.checkpoint;

import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.tokenizer.ClipTokenizer;
import io.github.clip4j.tokenizer.Tokenizer;
import io.github.clip4j.tokenizer.Vocabulary;
import io.github.clip4j.tokenizer.json.JsonTokenizer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The tokenizer that a checkpoint's files describe: which kind it is follows from the model.
final class TokenizerFiles {
    /// Those of a model whose texts fill its context. One of the first three is there if there is a tokenizer.
    private static final List<String> PADDED = List.of("tokenizer.json", "spiece.model", "tokenizer.model", "tokenizer_config.json");

    private TokenizerFiles() {}

    /// CLIP's vocabulary; empty when there is none, or the model is not a CLIP.
    static Optional<Vocabulary> vocabulary(Checkpoint checkpoint, ClipConfig config) throws IOException {
        if (isPadded(config)) {
            return Optional.empty();
        }
        for (List<String> form : Vocabulary.FORMS) {
            Map<String, byte[]> files = checkpoint.files(form);
            if (files.containsKey(form.getFirst())) {
                return Optional.of(Vocabulary.of(files));
            }
        }
        return Optional.empty();
    }

    /// @param clean what open_clip's config says of cleaning
    static Optional<Tokenizer> tokenizer(Checkpoint checkpoint, ClipConfig config, Profile profile, Optional<String> clean)
            throws IOException {
        if (!isPadded(config)) {
            return checkpoint.vocabulary().map(words -> new ClipTokenizer(words, profile.tokenizer()));
        }
        Map<String, byte[]> files = checkpoint.files(PADDED);
        boolean none = files.keySet().stream().allMatch(PADDED.getLast()::equals);
        if (config.text().isEmpty() || none) {
            return Optional.empty();
        }
        JsonTokenizer pieces = JsonTokenizer.read(checkpoint.name(), files);
        return Optional.of(Tokenizer.padded(checkpoint.name(), pieces, files, profile.tokenizer(), clean));
    }

    /// Whether a model's texts fill its context; of an image encoder alone, whether those of its family do.
    private static boolean isPadded(ClipConfig config) {
        if (config.text().isEmpty()) {
            return switch (config.vision().orElseThrow().head()) {
                case ImageHead.ClassToken _ -> false;
                case ImageHead.AttentionPool _ -> true;
            };
        }
        return switch (config.text().map(TextConfig::head).orElseThrow()) {
            case TextHead.EndOfText _ -> false;
            case TextHead.LastPosition _ -> true;
        };
    }
}
