package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.VocabularyFormatException;
import io.github.clip4j.tokenizer.json.PreTokenizerStep.PrependScheme;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// Reads normalisers, pre-tokenizers, post-processors and decoders. Each is an object with a `type`; an unknown type or field is refused
/// by name.
final class StepReader {
    /// Steps in one sequence: published files have at most five.
    private static final int MAX_STEPS = 64;

    private StepReader() {}

    /// Reads one step.
    private interface Reader<T> {
        T read(Fields fields) throws VocabularyFormatException;
    }

    private static <T> List<T> sequence(Fields fields, String name, Reader<T> reader) throws VocabularyFormatException {
        List<T> steps = new ArrayList<>();
        for (Fields step : fields.objects(name)) {
            steps.add(reader.read(step));
        }
        if (steps.size() > MAX_STEPS) {
            throw fields.refused(name, "at most " + MAX_STEPS + " steps", steps.size());
        }
        return List.copyOf(steps);
    }

    private static VocabularyFormatException unknown(Fields fields, String kind) throws VocabularyFormatException {
        return new VocabularyFormatException(
                "%s: the %s '%s' is not supported".formatted(fields.place("type"), kind, fields.string("type")));
    }

    static NormalizerStep normalizer(Fields fields) throws VocabularyFormatException {
        NormalizerStep step = switch (fields.string("type")) {
            case "Sequence" -> new NormalizerStep.Sequence(sequence(fields, "normalizers", StepReader::normalizer));
            case "NFC" -> new NormalizerStep.Unicode(Form.NFC);
            case "NFD" -> new NormalizerStep.Unicode(Form.NFD);
            case "NFKC" -> new NormalizerStep.Unicode(Form.NFKC);
            case "NFKD" -> new NormalizerStep.Unicode(Form.NFKD);
            case "Lowercase" -> new NormalizerStep.Lowercase();
            case "Strip" -> new NormalizerStep.Strip(fields.bool("strip_left"), fields.bool("strip_right"));
            case "StripAccents" -> new NormalizerStep.StripAccents();
            case "Nmt" -> new NormalizerStep.Nmt();
            case "Precompiled" -> new NormalizerStep.Precompiled(charsMap(fields));
            case "Replace" -> new NormalizerStep.Replace(pattern(fields), fields.string("content"));
            case "Prepend" -> new NormalizerStep.Prepend(fields.string("prepend"));
            case "ByteLevel" -> new NormalizerStep.ByteLevel();
            case "BertNormalizer" -> new NormalizerStep.Bert(
                    fields.bool("clean_text"),
                    fields.bool("handle_chinese_chars"),
                    fields.has("strip_accents") ? Boolean.valueOf(fields.bool("strip_accents")) : null,
                    fields.bool("lowercase"));
            default -> throw unknown(fields, "normalizer");
        };
        fields.end();
        return step;
    }

    private static CharsMap charsMap(Fields fields) throws VocabularyFormatException {
        try {
            return CharsMap.of(Base64.getDecoder().decode(fields.string("precompiled_charsmap")), fields.place("precompiled_charsmap"));
        } catch (IllegalArgumentException e) {
            throw new VocabularyFormatException(fields.place("precompiled_charsmap") + ": expected base64: " + e.getMessage(), e);
        }
    }

    private static TextPattern pattern(Fields fields) throws VocabularyFormatException {
        Fields pattern = fields.object("pattern");
        TextPattern read = pattern.has("String")
                ? new TextPattern.Literal(pattern.string("String"))
                : new TextPattern.Expression(RegexParser.parse(pattern.string("Regex"), pattern.place("Regex")));
        if (read instanceof TextPattern.Literal literal && literal.text().isEmpty()) {
            throw pattern.refused("String", "a text that is not empty", "");
        }
        pattern.end();
        return read;
    }

    static PreTokenizerStep preTokenizer(Fields fields) throws VocabularyFormatException {
        PreTokenizerStep step = switch (fields.string("type")) {
            case "Sequence" -> new PreTokenizerStep.Sequence(sequence(fields, "pretokenizers", StepReader::preTokenizer));
            case "Split" -> new PreTokenizerStep.Split(pattern(fields), behavior(fields), fields.bool("invert"));
            case "Metaspace" -> metaspace(fields);
            case "ByteLevel" -> byteLevel(fields);
            case "BertPreTokenizer" -> new PreTokenizerStep.Sequence(
                    List.of(at("WHITESPACE", SplitBehavior.REMOVED), at("BERT_PUNCTUATION", SplitBehavior.ISOLATED)));
            case "Punctuation" -> at("BERT_PUNCTUATION", fields.has("behavior") ? behavior(fields) : SplitBehavior.ISOLATED);
            case "Whitespace" -> new PreTokenizerStep.Whitespace();
            case "WhitespaceSplit" -> at("WHITESPACE", SplitBehavior.REMOVED);
            case "Digits" -> at("NUMERIC", fields.bool("individual_digits") ? SplitBehavior.ISOLATED : SplitBehavior.CONTIGUOUS);
            default -> throw unknown(fields, "pre-tokenizer");
        };
        fields.end();
        return step;
    }

    private static PreTokenizerStep at(String set, SplitBehavior behavior) {
        return new PreTokenizerStep.SplitAt(CodePointSet.named(set), behavior);
    }

    private static SplitBehavior behavior(Fields fields) throws VocabularyFormatException {
        return switch (fields.string("behavior")) {
            case "Removed" -> SplitBehavior.REMOVED;
            case "Isolated" -> SplitBehavior.ISOLATED;
            case "MergedWithPrevious" -> SplitBehavior.MERGED_WITH_PREVIOUS;
            case "MergedWithNext" -> SplitBehavior.MERGED_WITH_NEXT;
            case "Contiguous" -> SplitBehavior.CONTIGUOUS;
            default -> throw fields.refused("behavior", "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous",
                    fields.string("behavior"));
        };
    }

    /// Older files say `add_prefix_space` and the replacement twice.
    private static PreTokenizerStep.Metaspace metaspace(Fields fields) throws VocabularyFormatException {
        String named = fields.has("prepend_scheme") ? fields.string("prepend_scheme") : "always";
        PrependScheme scheme = switch (named) {
            case "always" -> PrependScheme.ALWAYS;
            case "first" -> PrependScheme.FIRST;
            case "never" -> PrependScheme.NEVER;
            default -> throw fields.refused("prepend_scheme", "always, first or never", named);
        };
        if (!fields.bool("add_prefix_space", true) && scheme != PrependScheme.NEVER) {
            throw fields.refused("add_prefix_space", "true, as prepend_scheme says '" + named + "'", "false");
        }
        int replacement = fields.character("replacement");
        if (replacement > Character.MAX_VALUE) {
            throw fields.refused("replacement", "a character of the Basic Multilingual Plane", fields.string("replacement"));
        }
        fields.stringOrNull("str_rep");
        return new PreTokenizerStep.Metaspace((char) replacement, scheme, fields.bool("split", true));
    }

    /// `trim_offsets` concerns offsets, which nobody asks for here.
    private static PreTokenizerStep.ByteLevel byteLevel(Fields fields) throws VocabularyFormatException {
        fields.bool("trim_offsets", true);
        return new PreTokenizerStep.ByteLevel(fields.bool("add_prefix_space"), fields.bool("use_regex", true));
    }

    static PostProcessorStep postProcessor(Fields fields) throws VocabularyFormatException {
        PostProcessorStep step = switch (fields.string("type")) {
            case "Sequence" -> new PostProcessorStep.Sequence(sequence(fields, "processors", StepReader::postProcessor));
            case "TemplateProcessing" -> template(fields);
            case "BertProcessing" -> new PostProcessorStep.Around(token(fields, "cls"), token(fields, "sep"));
            case "RobertaProcessing" -> {
                fields.bool("trim_offsets", true);
                fields.bool("add_prefix_space", true);
                yield new PostProcessorStep.Around(token(fields, "cls"), token(fields, "sep"));
            }
            case "ByteLevel" -> {
                byteLevel(fields);
                yield new PostProcessorStep.Around(new int[0], new int[0]);
            }
            default -> throw unknown(fields, "post-processor");
        };
        fields.end();
        return step;
    }

    /// `["[CLS]", 101]`.
    private static int[] token(Fields fields, String name) throws VocabularyFormatException {
        List<?> pair = fields.list(name);
        if (pair.size() != 2 || !(pair.get(0) instanceof String) || !(pair.get(1) instanceof Json.JsonNumber number)) {
            throw fields.refused(name, "a token and its id", pair);
        }
        return new int[] {Json.integer(number.text(), name, ModelReader.MAX_ID, fields.place(name))};
    }

    /// A template of special tokens and the text, `$A`, once. That for two texts, `pair`, is not used.
    private static PostProcessorStep template(Fields fields) throws VocabularyFormatException {
        fields.get("pair");
        Fields tokens = fields.object("special_tokens");
        IntList before = new IntList();
        IntList after = new IntList();
        int texts = 0;
        for (Fields piece : fields.objects("single")) {
            if (piece.has("Sequence")) {
                Fields sequence = piece.object("Sequence");
                sequence.get("type_id");
                if (!sequence.string("id").equals("A")) {
                    throw sequence.refused("id", "A, the only text", sequence.string("id"));
                }
                texts++;
                sequence.end();
            } else {
                Fields special = piece.object("SpecialToken");
                special.get("type_id");
                int[] ids = tokens.object(special.string("id")).integers("ids");
                (texts == 0 ? before : after).addAll(ids);
                special.end();
            }
            piece.end();
        }
        if (texts != 1) {
            throw fields.refused("single", "the text, Sequence A, once", texts);
        }
        return new PostProcessorStep.Around(before.toArray(), after.toArray());
    }

    static DecoderStep decoder(Fields fields) throws VocabularyFormatException {
        DecoderStep step = switch (fields.string("type")) {
            case "Sequence" -> new DecoderStep.Sequence(sequence(fields, "decoders", StepReader::decoder));
            case "BPEDecoder" -> new DecoderStep.Bpe(fields.string("suffix"));
            case "ByteLevel" -> {
                byteLevel(fields);
                yield new DecoderStep.ByteLevel();
            }
            case "WordPiece" -> new DecoderStep.WordPiece(fields.string("prefix"), fields.bool("cleanup"));
            case "Metaspace" -> {
                PreTokenizerStep.Metaspace metaspace = metaspace(fields);
                yield new DecoderStep.Metaspace(metaspace.replacement(), metaspace.prependScheme());
            }
            case "Replace" -> new DecoderStep.Replace(pattern(fields), fields.string("content"));
            case "Fuse" -> new DecoderStep.Fuse();
            case "Strip" -> new DecoderStep.Strip(fields.character("content"), fields.integer("start"), fields.integer("stop"));
            case "ByteFallback" -> new DecoderStep.ByteFallback();
            default -> throw unknown(fields, "decoder");
        };
        fields.end();
        return step;
    }
}
