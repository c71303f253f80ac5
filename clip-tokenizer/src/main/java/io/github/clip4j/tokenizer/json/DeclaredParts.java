package io.github.clip4j.tokenizer.json;

import com.google.gson.JsonPrimitive;
import io.github.clip4j.tokenizer.declared.DeclaredTokens;
import io.github.clip4j.tokenizer.declared.DeclaredTokens.Token;
import io.github.clip4j.tokenizer.json.AddedTokens.AddedToken;
import io.github.clip4j.tokenizer.json.PreTokenizerStep.PrependScheme;
import io.github.clip4j.tokenizer.text.LanguageCodes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A tokenizer with the tokens that the files beside it name, and with what a class of transformers sets itself.
final class DeclaredParts {
    /// Classes that build their tokenizer of the vocabulary and of the config's flags, whatever the normaliser of `tokenizer.json` is.
    private static final Set<String> BERTS = Set.of("BertTokenizer", "DistilBertTokenizer");

    private static final Map<String, String> BERTS_NAMES = Map.of(
            "unk_token", "[UNK]", "sep_token", "[SEP]", "pad_token", "[PAD]", "cls_token", "[CLS]", "mask_token", "[MASK]");

    private static final String XLM_ROBERTA = "XLMRobertaTokenizer";

    private static final Map<String, String> XLM_ROBERTAS_NAMES = Map.of(
            "bos_token", "<s>", "eos_token", "</s>", "sep_token", "</s>", "cls_token", "<s>", "unk_token", "<unk>", "pad_token", "<pad>",
            "mask_token", "<mask>");

    private static final String NLLB = "NllbTokenizer";
    private static final String ENGLISH = "eng_Latn";
    private static final char META = '▁';

    private DeclaredParts() {}

    /// The parts of `tokenizer.json`. Where no class is named, a normaliser of BERT's kind tells that it is a BERT's: the reference takes
    /// the class of the model then.
    static Parts ofJson(Parts parts, DeclaredTokens declared, NormalizerStep ofFlags) throws IOException {
        boolean berts = parts.normalizer() instanceof NormalizerStep.Bert;
        boolean bert = declared.tokenizerClass().map(BERTS::contains).orElse(berts);
        if (bert && berts) {
            return berts(new Parts(
                    parts.model(), parts.addedTokens(), ofFlags, parts.preTokenizer(), parts.postProcessor(), parts.decoder(),
                    parts.truncation(), parts.padding()), declared, parts.addedTokens());
        }
        if (declared.tokenizerClass().filter(XLM_ROBERTA::equals).isPresent()) {
            requireAround(parts, declared, "bos_token", "eos_token");
            return with(parts, declared, parts.addedTokens(), XLM_ROBERTAS_NAMES, true);
        }
        if (declared.tokenizerClass().filter(NLLB::equals).isPresent()) {
            return nllb(parts, declared);
        }
        return with(parts, declared, parts.addedTokens(), Map.of(), false);
    }

    /// `NllbTokenizer` takes the vocabulary, the merges and the table of characters of the file, and makes the rest itself: the file may
    /// have the language at the end, as the class had it up to transformers 4.29 (`tokenization_nllb.py`).
    private static Parts nllb(Parts parts, DeclaredTokens declared) throws IOException {
        declared.require("legacy_behaviour", new JsonPrimitive(false), "as texts begin with their language");
        if (!(parts.model() instanceof BpeModel model)) {
            throw declared.refused("tokenizer_class " + NLLB, "a tokenizer.json whose model is BPE", "another");
        }
        Parts made = with(new Parts(
                model.with(new BpeModel.Options(
                        declared.named("unk_token").orElse("<unk>"), "", "", true, false, false)),
                parts.addedTokens(), charactersOf(parts.normalizer()),
                new PreTokenizerStep.Metaspace(META, PrependScheme.ALWAYS, true), null,
                new DecoderStep.Metaspace(META, PrependScheme.ALWAYS), parts.truncation(), parts.padding()),
                declared, parts.addedTokens(), XLM_ROBERTAS_NAMES, true);
        int language = require(made, declared, "src_lang", declared.string("src_lang").orElse(ENGLISH));
        int end = require(made, declared, "eos_token", declared.named("eos_token").orElse("</s>"));
        List<AddedToken> added = new ArrayList<>(made.addedTokens());
        if (!declared.namesExtra()) { // the class names all languages then
            Set<String> known = added.stream().map(AddedToken::content).collect(Collectors.toSet());
            model.tokens().filter(token -> LanguageCodes.isCode(token) && !known.contains(token)).sorted()
                    .forEach(code -> added.add(new AddedToken(model.id(code), code, false, false, false, false, true)));
        }
        return new Parts(
                made.model(), added, made.normalizer(), made.preTokenizer(),
                new PostProcessorStep.Around(new int[] {language}, new int[] {end}), made.decoder(), made.truncation(), made.padding());
    }

    /// The table of characters, and spaces made one; nothing where there is no table.
    private static @Nullable NormalizerStep charactersOf(@Nullable NormalizerStep ofFile) throws IOException {
        List<NormalizerStep> steps = ofFile instanceof NormalizerStep.Sequence(List<NormalizerStep> all) ? all
                : ofFile == null ? List.of() : List.of(ofFile);
        for (NormalizerStep step : steps) {
            if (step instanceof NormalizerStep.Precompiled) {
                TextPattern spaces = new TextPattern.Expression(RegexParser.parse(" {2,}", NLLB));
                return new NormalizerStep.Sequence(List.of(step, new NormalizerStep.Replace(spaces, " ")));
            }
        }
        return null;
    }

    private static int require(Parts parts, DeclaredTokens declared, String name, String token) throws IOException {
        Optional<AddedToken> added = parts.addedTokens().stream().filter(each -> each.content().equals(token)).findFirst();
        int id = added.map(AddedToken::id).orElse(parts.model().id(token));
        if (id < 0) {
            throw declared.refused(name, "a token of the vocabulary", "'" + token + "'");
        }
        return id;
    }

    /// The parts of `vocab.txt`.
    static Parts ofWords(Parts parts, DeclaredTokens declared) throws IOException {
        return berts(parts, declared, List.of());
    }

    private static Parts berts(Parts parts, DeclaredTokens declared, List<AddedToken> ofFile) throws IOException {
        requireAround(parts, declared, "cls_token", "sep_token");
        if (parts.model() instanceof WordPieceModel words) {
            declared.require("unk_token", words.unknownToken(), "which the model has for unknown words");
        }
        return with(parts, declared, ofFile, BERTS_NAMES, true);
    }

    /// The parts of a SentencePiece file. `SiglipTokenizer` finds added tokens by rules of its own, so none may be beside the pieces.
    static Parts ofPieces(Parts parts, DeclaredTokens declared, SentencePieceFamily family) throws IOException {
        Parts with = with(parts, declared, parts.addedTokens(), Map.of(), false);
        if (family != SentencePieceFamily.T5) {
            return with;
        }
        Optional<AddedToken> beyond = with.addedTokens().stream().filter(token -> parts.model().id(token.content()) < 0).findFirst();
        if (beyond.isPresent()) {
            String what = "added token '%s'".formatted(beyond.get().content());
            throw declared.refused(what, "one of the pieces of spiece.model", "another; save the tokenizer as tokenizer.json");
        }
        return parts;
    }

    private static void requireAround(Parts parts, DeclaredTokens declared, String first, String last) throws IOException {
        int[] around = parts.postProcessor() == null ? new int[0] : parts.postProcessor().apply(new int[0]);
        String begin = around.length < 2 ? null : parts.model().token(around[0]);
        String end = around.length < 2 ? null : parts.model().token(around[around.length - 1]);
        if (begin != null && end != null) {
            declared.require(first, begin, "with which texts begin");
            declared.require(last, end, "with which texts end");
        }
    }

    private static Parts with(
            Parts parts, DeclaredTokens declared, List<AddedToken> ofFile, Map<String, String> standard, boolean rebuilt)
            throws IOException {
        declared.require("split_special_tokens", new JsonPrimitive(false), "as special tokens are found in a text");
        List<Token> tokens = ofFile.stream()
                .map(token -> new Token(
                        token.content(), token.id(), token.singleWord(), token.lstrip(), token.rstrip(), token.normalized(),
                        token.special()))
                .toList();
        List<AddedToken> added = declared
                .withIds(declared.added(tokens, standard, rebuilt), parts.model()::id, parts.model().size())
                .stream()
                .map(token -> new AddedToken(
                        token.id(), token.content(), token.singleWord(), token.lstrip(), token.rstrip(), token.normalized(),
                        token.special()))
                .toList();
        return new Parts(
                parts.model(), added, parts.normalizer(), parts.preTokenizer(), parts.postProcessor(), parts.decoder(),
                parts.truncation(), parts.padding());
    }
}
