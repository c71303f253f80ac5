package io.github.clip4j.checkpoint;

import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.tokenizer.ClipTokenizer;
import io.github.clip4j.tokenizer.Tokenizer;
import io.github.clip4j.tokenizer.Vocabulary;
import io.github.clip4j.tokenizer.VocabularyFormatException;
import io.github.clip4j.tokenizer.json.JsonTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// The tokenizer that a checkpoint's files describe: which kind it is follows from the model.
final class TokenizerFiles {
    /// Those of any other model than a CLIP. One is there if there is a tokenizer.
    private static final List<String> OTHERS =
            List.of("tokenizer.json", "spiece.model", "tokenizer.model", "sentencepiece.bpe.model", "vocab.txt");

    /// What CLIP's own `tokenizer.json` has, and others have not.
    private static final Pattern CLIP_JSON = Pattern.compile("\"end_of_word_suffix\"\\s*:\\s*\"</w>\"");

    /// Which tokenizer a model's texts go through.
    private enum Kind {
        CLIP,
        CLIP_FILLING,
        FILLING,
        FILLING_WITHOUT_END,
        SURROUNDING;

        boolean isOfClip() {
            return this == CLIP || this == CLIP_FILLING;
        }
    }

    private TokenizerFiles() {}

    /// CLIP's vocabulary; empty when there is none, or the model has another kind of tokenizer.
    static Optional<Vocabulary> vocabulary(Checkpoint checkpoint, ClipConfig config) throws IOException {
        if (!kind(checkpoint, config).isOfClip()) {
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
    /// @param truncates whether a text that is too long is cut, by a tokenizer of the kind that leaves the choice
    static Optional<Tokenizer> tokenizer(
            Checkpoint checkpoint, ClipConfig config, Profile profile, Optional<String> clean, boolean truncates) throws IOException {
        Kind kind = kind(checkpoint, config);
        if (kind.isOfClip()) {
            Optional<ClipTokenizer> tokenizer = checkpoint.vocabulary().map(words -> new ClipTokenizer(words, profile.tokenizer()));
            return tokenizer.map(own -> kind == Kind.CLIP_FILLING ? own.filling() : own);
        }
        Map<String, byte[]> files = new HashMap<>(checkpoint.files(OTHERS));
        if (config.text().isEmpty() || files.isEmpty()) {
            return Optional.empty();
        }
        files.putAll(checkpoint.files(JsonTokenizer.BESIDE));
        String name = checkpoint.name();
        JsonTokenizer pieces = JsonTokenizer.read(name, files);
        return Optional.of(switch (kind) {
            case FILLING -> Tokenizer.padded(name, pieces, files, profile.tokenizer(), clean);
            case FILLING_WITHOUT_END -> Tokenizer.withoutEnd(name, pieces, profile.tokenizer(), clean);
            default -> beginningAsItMust(name, config, Tokenizer.surrounding(name, pieces, profile.tokenizer(), clean, truncates));
        });
    }

    /// A text encoder that reads the first position was trained with the language there.
    private static Tokenizer beginningAsItMust(String name, ClipConfig config, Tokenizer tokenizer) throws IOException {
        if (config.text().map(TextConfig::head).orElse(null) instanceof TextHead.FirstPosition && tokenizer.language().isEmpty()) {
            throw new VocabularyFormatException(name + ": expected a tokenizer whose texts begin with their language, as this model reads "
                    + "it, got another; is tokenizer_config.json there, with the class NllbTokenizer?");
        }
        return tokenizer;
    }

    /// Of an image encoder alone, that of its family.
    private static Kind kind(Checkpoint checkpoint, ClipConfig config) throws IOException {
        if (config.text().isEmpty()) {
            return switch (config.vision().orElseThrow().head()) {
                case ImageHead.ClassToken _, ImageHead.ConvStem _ -> Kind.CLIP;
                case ImageHead.PatchMean _ -> Kind.FILLING_WITHOUT_END;
                case ImageHead.AttentionPool _ -> Kind.FILLING;
            };
        }
        return switch (config.text().map(TextConfig::head).orElseThrow()) {
            case TextHead.EndOfText end -> isOfClip(checkpoint, end) ? Kind.CLIP : Kind.SURROUNDING;
            case TextHead.EndOfPaddedText _ -> Kind.CLIP_FILLING;
            case TextHead.LastPosition last -> last.biased() ? Kind.FILLING : Kind.FILLING_WITHOUT_END;
            case TextHead.FirstPosition _, TextHead.Bert _ -> Kind.SURROUNDING;
        };
    }

    /// Models that look for the first end of text may have another vocabulary than CLIP's: MetaCLIP 2 has XLM-R's.
    private static boolean isOfClip(Checkpoint checkpoint, TextHead.EndOfText end) throws IOException {
        if (end.pooling() != TextHead.Pooling.FIRST_END_OF_TEXT) {
            return true;
        }
        byte[] json = checkpoint.files(OTHERS.subList(0, 1)).get(OTHERS.getFirst());
        if (json != null) {
            return CLIP_JSON.matcher(new String(json, StandardCharsets.UTF_8)).find();
        }
        return checkpoint.files(OTHERS.subList(1, OTHERS.size())).isEmpty();
    }
}
